// What a level offers for elementwise ops. Arrays are indexed by position in UnaryOps, BinaryOps, CompareOps
// (backend/elementwise_list.h), the three forms by which operand is a single value. Outputs may be inputs (y
// == x, dx == dy).
#pragma once
#include <cstdint>

namespace nncore {

enum BinaryForm : int { both_vectors, b_single, a_single };

template <class T>
struct ElementwiseKernels {
  using UnaryFwd = void (*)(int64_t n, const T* x, T* y, const T* scalars);
  // dx; x and y are read only as the formula needs
  using UnaryBwd = void (*)(int64_t n, const T* x, const T* y, const T* dy, T* dx, const T* scalars);
  using BinaryFwd = void (*)(int64_t n, const T* a, const T* b, T* y);
  // dx is da or db before any summing over the single operand; y and dy are vectors
  using BinaryBwd = void (*)(int64_t n, const T* a, const T* b, const T* y, const T* dy, T* dx);
  using Compare = void (*)(int64_t n, const T* a, const T* b, uint8_t* y);

  const UnaryFwd* unary_fwd;
  const UnaryBwd* unary_bwd;
  const BinaryFwd (*binary_fwd)[3];
  const BinaryBwd (*binary_da)[3];
  const BinaryBwd (*binary_db)[3];
  const Compare (*compare)[3];
  // y[i] = mask[i] ? a[i] : b[i], by form
  void (*select[3])(int64_t n, const uint8_t* mask, const T* a, const T* b, T* y);
  void (*fill)(int64_t n, T value, T* y);
  // y = x past the caches, y at the start of a line; null where the level has no such stores
  void (*stream)(int64_t n, const T* x, T* y);
};

}  // namespace nncore
