// The elementwise kernels of a level. Arrays are indexed by the position in UnaryOps, BinaryOps or CompareOps
// (backend/elementwise_list.h), some also by BinaryForm. Outputs may be inputs (y == x, dx == dy).
#pragma once
#include <cstdint>

namespace nncore {

enum BinaryForm : int { both_vectors, b_single, a_single };

template <class T>
struct ElementwiseKernels {
  using UnaryFwd = void (*)(int64_t n, const T* x, T* y, const T* scalars);
  // writes dx; reads x and y only if the formula needs them
  using UnaryBwd = void (*)(int64_t n, const T* x, const T* y, const T* dy, T* dx, const T* scalars);
  using BinaryFwd = void (*)(int64_t n, const T* a, const T* b, T* y);
  // dx is da or db of each element, also for a single operand; y and dy are vectors
  using BinaryBwd = void (*)(int64_t n, const T* a, const T* b, const T* y, const T* dy, T* dx);
  using Compare = void (*)(BinaryForm form, int64_t n, const T* a, const T* b, uint8_t* y);

  const UnaryFwd* unary_fwd;
  const UnaryBwd* unary_bwd;
  const BinaryFwd (*binary_fwd)[3];
  const BinaryBwd (*binary_da)[3];
  const BinaryBwd (*binary_db)[3];
  const Compare* compare;
  // y[i] = mask[i] ? a[i] : b[i], by form
  void (*select[3])(int64_t n, const uint8_t* mask, const T* a, const T* b, T* y);
  void (*fill)(int64_t n, T value, T* y);
  // y = x with stores that bypass the caches; y starts a cache line. Null if the level has no such stores.
  void (*stream)(int64_t n, const T* x, T* y);
};

}  // namespace nncore
