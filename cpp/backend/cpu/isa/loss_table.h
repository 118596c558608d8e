#pragma once
#include <cstdint>

namespace nncore {

// Rows of softmax and of the losses. top is the largest x of a row, sum the sum of exp(x - top). top and
// log(sum) are never added: top + log(sum) is less accurate than x - top if all x share an offset.
template <class T>
struct LossKernels {
  void (*rows_sums)(int64_t rows, int64_t n, const T* x, T* top, T* sum, T* log_sum);
  void (*rows_softmax)(int64_t rows, int64_t n, const T* x, T* y);
  void (*minus)(int64_t n, const T* x, T top, T log_sum, T* y);        // y = (x - top) - log_sum
  void (*exp_minus)(int64_t n, const T* x, T shift, T scale, T* y);    // y = scale * exp(x - shift)
  void (*scale_shift)(int64_t n, const T* x, T scale, T shift, T* y);  // y = x * scale + shift
  // softmax: dx = y (dy - sum(y dy)); log-softmax: dx = dy - exp(y) sum(dy)
  void (*rows_bwd[2])(int64_t rows, int64_t n, const T* y, const T* dy, T* dx);
};

}  // namespace nncore
