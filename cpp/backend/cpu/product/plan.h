// Plans how to compute a product, from its shape, the machine and the number of threads. The plan never
// changes the bits.
#pragma once
#include "product.h"

namespace nncore::cpu {

struct Strides {
  int64_t row, column = 1;

  bool by_rows() const { return column == 1; }  // else it is stored by columns
  int64_t leading() const { return by_rows() ? row : column; }
  Strides transposed() const { return {column, row}; }
  bool operator==(const Strides&) const = default;
};

struct ProductShape {
  int64_t m, n, k;
  Strides a, b;
  int bytes;  // of an element

  ProductShape transposed() const { return {n, m, k, b.transposed(), a.transposed(), bytes}; }
  bool operator==(const ProductShape&) const = default;
};

template <class T>
ProductShape shape_of(const Product<T>& p) {
  return {p.m, p.n, p.k, {p.a.row, p.a.column}, {p.b.row, p.b.column}, sizeof(T)};
}

enum class Path {
  // run by kernels on one thread
  trivial,  // m, n or k is 0
  direct,   // both operands are read in place; B is stored by rows
  columns,  // A has few rows; columns of B are transposed in registers
  packed,   // each block of B is copied to panels
  // run as smaller products
  swapped,  // C^T = B^T A^T, then C^T is transposed
  grid,     // each thread computes some rows and columns of C
  chunks,   // each thread computes some chunks of k
  sums      // k has more than most_chunks chunks
};

struct Plan {
  Path path;
  int64_t kc = 0, nc = 0;         // of a block of B
  bool by_rows = false;           // each panel of A is multiplied by all tiles of a block of B in turn
  bool pack_a = false;            // each panel of A is copied
  bool far = false;               // B is read from memory, not from a cache
  bool prefetch = false;          // the tiles prefetch the operands that are needed next
  int64_t rows = 1, columns = 1;  // of the grid
};

Plan plan_product(const ProductShape& shape, int64_t threads);

// The name of the path that a product of this shape takes on one thread.
const char* path_name(const ProductShape& shape);

}  // namespace nncore::cpu
