#pragma once
#include <cstdint>

#include "../../kernels/norm_kind.h"

namespace nncore {

// Normalizes the rows of x (rows, cols): y = (x - mean - rest) * rstd * w + b. Layer norm: rstd = 1 /
// sqrt(var + eps) of the row; rms: mean is 0; l2: mean is 0 and rstd = 1 / max(|x|, eps). The exact mean is
// mean + rest: rest is the rounding error of mean, which matters for a large mean.
template <class T>
struct NormRows {
  int64_t rows, cols;
  const T *x, *residual, *w, *b;  // all but x may be null
  T eps;
  bool stream;  // stores to y bypass the caches; its rows are whole, aligned vectors
  T *sum, *y;   // with a residual, sum = x + residual is normalized instead of x
  T *mean, *rstd, *rest;
};

template <class T>
struct NormRowsBwd {
  int64_t rows, cols;
  const T *x, *w, *mean, *rstd, *rest, *dy, *dsum;  // w and dsum may be null; dsum is added to dx
  T eps;
  bool stream;      // the same for dx
  T *dx, *dw, *db;  // any may be null; dw and db accumulate
};

template <class T>
struct NormKernels {
  void (*fwd[3])(const NormRows<T>& a);  // by NormKind
  void (*bwd[3])(const NormRowsBwd<T>& a);
  void (*moments)(int64_t n, const T* x, T eps, T* mean, T* rstd, T* rest);
  void (*spread)(int64_t n, const T* x, T mean, T* both);                 // sum x - mean, sum (x - mean)^2
  void (*affine)(int64_t n, const T* x, T mean, T scale, T shift, T* y);  // y = (x - mean) * scale + shift
  void (*sums)(int64_t n, const T* x, T mean, const T* dy, T* both);      // sum dy, sum dy * (x - mean)
  // dx = dy * a + (x - mean) * b + c
  void (*affine_bwd)(int64_t n, const T* x, T mean, const T* dy, T a, T b, T c, T* dx);

  // The same with one mean per element: for one row, and for columns with rows ld apart, summed in order.
  void (*affine_row)(int64_t n, const T* x, const T* mean, const T* scale, const T* shift, T* y);
  void (*affine_row_bwd)(int64_t n, const T* x, const T* mean, const T* dy, const T* a, const T* b,
                         const T* c, T* dx);
  // y[j] = sum over i of dy (x - mean[j]); dy is 1 if null
  void (*dot_columns)(int64_t rows, int64_t cols, int64_t ld, const T* x, const T* mean, const T* dy, T* y);
};

}  // namespace nncore
