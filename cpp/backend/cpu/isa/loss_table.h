#pragma once
#include <cstdint>

namespace nncore {

// Rows of softmax and of the losses. lse(x) = log(sum(exp(x))).
template <class T>
struct LossKernels {
  void (*rows_lse)(int64_t rows, int64_t n, const T* x, T* lse);
  void (*rows_softmax)(int64_t rows, int64_t n, const T* x, T* y);
  void (*exp_minus)(int64_t n, const T* x, T shift, T scale, T* y);           // y = scale * exp(x - shift)
  void (*scale_shift)(int64_t n, const T* x, T scale, T shift, T* y);         // y = x * scale + shift
  void (*softmax_bwd)(int64_t n, const T* y, const T* dy, T sum, T* dx);      // dx = y * (dy - sum)
  void (*log_softmax_bwd)(int64_t n, const T* y, const T* dy, T sum, T* dx);  // dx = dy - exp(y) * sum
};

}  // namespace nncore
