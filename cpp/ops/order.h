// Order along an axis, and running sums and products.
#pragma once
#include "../core/tensor.h"

namespace nncore::ops {

struct Sorted {
  Tensor values, indices;
};
// The first k in rising or falling order; equal elements keep theirs, NaN counts as the largest. k -1: all.
Sorted sort(const char* op, const Tensor& x, int64_t k, int64_t axis, bool descending);

Tensor cumsum(const Tensor& x, int64_t axis);
Tensor cumprod(const Tensor& x, int64_t axis);

}  // namespace nncore::ops
