#pragma once
#include <cstdint>

namespace nncore {

template <class T>
struct PoolInt;
template <>
struct PoolInt<float> {
  using Type = int32_t;
};
template <>
struct PoolInt<double> {
  using Type = int64_t;
};

// A row of outputs. Window x has the elements row[r][x stride + c dilation] for all rows r and columns c.
template <class T>
struct PoolRow {
  using Int = typename PoolInt<T>::Type;  // as wide as T
  int64_t rows;
  const T* const* row;
  const Int* position;  // of row[r][0] in the plane
  int64_t columns, stride, dilation, outputs;
};

// The same for the gradient of a mean, without dilation: row[r][j] belongs to the column j + padding.
template <class T>
struct PoolGradRow {
  int64_t rows;
  T* const* row;
  int64_t columns, stride, padding, outputs, width;
  const T* dy;
  T factor;
  const T* divisor;
  T* terms;  // memory for `outputs` numbers; columns + pool_margin numbers before and after them are 0
  T* sums;   // memory for padding + width + stride pool_margin numbers
};
constexpr int64_t pool_margin = 32, pool_grad_strides = 8;  // the stride is at most pool_grad_strides

template <class T>
struct PoolKernels {
  using Int = typename PoolInt<T>::Type;
  // y = the largest element of each window, index = its position in the plane. Rows and columns are in
  // order: an element replaces one before it if it is larger or NaN. first[x]: the column of window x, counted
  // from its begin, whose position is the index if all elements are -infinity. index may be null; then first is not read.
  void (*max)(const PoolRow<T>&, const Int* first, T* y, Int* index);
  // y = the sum of each window / (factor divisor[x]); the sum is a chain.
  void (*mean)(const PoolRow<T>&, T factor, const T* divisor, T* y);
  // row[r][j] += sum of dy[x] / (factor divisor[x]) over the windows x with column j, a chain in order of x.
  void (*mean_bwd)(const PoolGradRow<T>&);
  // y[x] = dy[x] / (factor divisor[x])
  void (*divide)(int64_t n, const T* dy, T factor, const T* divisor, T* y);
  // y = the sum of weight[k] row[k] over all `rows`: a chain in order of k
  void (*blend)(int64_t rows, const T* const* row, const T* weight, int64_t n, T* y);
  // y = y + weight x, with one rounding
  void (*add_weighted)(int64_t n, T weight, const T* x, T* y);
};

}  // namespace nncore
