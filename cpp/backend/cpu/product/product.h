// The description of a matrix product: sizes, operands of any layout, bias, activation. plan.h decides how to
// compute it.
// docs/products.md explains the design.
#pragma once
#include <cstdint>

#include "../span.h"

namespace nncore::cpu {

// Element (i, j) is data[i * row + j * column]; at least one of the two strides is 1.
template <class T>
struct Matrix {
  T* data;
  int64_t row, column = 1;

  Matrix transposed() const { return {data, column, row}; }
  Matrix from(int64_t i, int64_t j) const { return {data + i * row + j * column, row, column}; }
};

// The epilogue of each row of C: add the bias, store the value in `pre`, apply the activation.
template <class T>
struct Epilogue {
  const T* bias = nullptr;  // (n)
  int activation = -1;      // index in UnaryOps; -1: none
  T* pre = nullptr;         // (m, n) with the strides of C: the value before the activation
};

// C = activation(A B [+ C] + bias)
template <class T>
struct Product {
  int64_t m, n, k;
  Matrix<const T> a, b;     // (m, k), (k, n)
  Matrix<T> c;              // (m, n); its column stride is 1
  bool accumulate = false;  // add to C: the chains start from its values
  Epilogue<T> epilogue = {};

  // The product that computes some rows and columns of C.
  Product part(Span rows, Span columns) const {
    Product p = *this;
    p.m = rows.size(), p.n = columns.size();
    p.a = a.from(rows.begin, 0), p.b = b.from(0, columns.begin), p.c = c.from(rows.begin, columns.begin);
    if (p.epilogue.bias) p.epilogue.bias += columns.begin;
    if (p.epilogue.pre) p.epilogue.pre += rows.begin * c.row + columns.begin;
    return p;
  }
  // The product over some steps of k, without the epilogue, with its result in `to`.
  Product steps(Span steps, Matrix<T> to) const {
    return {m, n, steps.size(), a.from(0, steps.begin), b.from(steps.begin, 0), to};
  }
};

template <class T>
void multiply(const Product<T>& p);

// One product for each index of a grid of at most max_batch_dims axes. The strides are in elements, and 0 if
// all products along an axis share the operand.
inline constexpr int max_batch_dims = 8;
struct Batch {
  int dims;
  int64_t size[max_batch_dims], a[max_batch_dims], b[max_batch_dims], c[max_batch_dims];
};
template <class T>
void multiply(const Product<T>& p, const Batch& batch);

// Estimated nanoseconds on one thread.
int64_t product_cost(int64_t m, int64_t n, int64_t k, int64_t bytes_per_element);

}  // namespace nncore::cpu
