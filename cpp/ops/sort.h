// Sorting along an axis.
#pragma once
#include "../core/tensor.h"

namespace nncore::ops {

struct Sorted {
  Tensor values, indices;
};
// The first k elements in ascending or descending order, or all if k is -1. Equal elements keep their order;
// NaN counts as the largest.
Sorted sort(const char* op, const Tensor& x, int64_t k, int64_t axis, bool descending);

}  // namespace nncore::ops
