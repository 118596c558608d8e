// Matrix products of any shape and layout, with bias and activation.
#pragma once
#include <cstdint>

namespace nncore::cpu {

// What happens to each row of C after the product: + bias, the value kept in pre, the activation.
template <class T>
struct Epilogue {
  const T* bias = nullptr;     // (n)
  int activation = -1;         // index in UnaryOps; -1: none
  const T* scalars = nullptr;  // of the activation
  T* pre = nullptr;            // (m, n) with C's row length: what the activation is applied to
};

// C = activation(op(A) op(B) [+ C] + bias), row-major with row lengths lda, ldb, ldc; op(A) is (m, k), op(B)
// is (k, n).
template <class T>
struct Gemm {
  int64_t m, n, k;
  const T* a;
  int64_t lda;
  bool trans_a;  // A is stored as (k, m)
  const T* b;
  int64_t ldb;
  bool trans_b;  // B is stored as (n, k)
  T* c;
  int64_t ldc;
  bool accumulate = false;
  Epilogue<T> epilogue = {};
};

template <class T>
void gemm(const Gemm<T>& g);

// One product for each index of a grid of at most max_batch_dims axes; strides in elements, 0 where an
// operand is shared.
inline constexpr int max_batch_dims = 8;
struct Batch {
  int dims;
  int64_t size[max_batch_dims], a[max_batch_dims], b[max_batch_dims], c[max_batch_dims];
};
template <class T>
void gemm_batched(const Gemm<T>& g, const Batch& batch);

// Estimated nanoseconds on one thread.
int64_t gemm_cost(int64_t m, int64_t n, int64_t k, int64_t bytes_per_element);

// The way a product of this shape takes, by name, as gemm() decides it.
const char* gemm_path(int64_t m, int64_t n, int64_t k, bool trans_a, bool trans_b);

}  // namespace nncore::cpu
