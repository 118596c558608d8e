// Order along an axis.
#pragma once
#include "../core/tensor.h"

namespace nncore::ops {

struct Sorted {
  Tensor values, indices;
};
// The first k in rising or falling order; equal elements keep theirs, NaN counts as the largest. k -1: all.
Sorted sort(const char* op, const Tensor& x, int64_t k, int64_t axis, bool descending);

}  // namespace nncore::ops
