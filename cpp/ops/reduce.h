// Sums, means, products and extremes over any axes. An empty list of axes means all of them.
#pragma once
#include <span>

#include "../core/tensor.h"

namespace nncore::ops {

Tensor sum(const Tensor& x, std::span<const int64_t> axes, bool keepdim);
Tensor mean(const Tensor& x, std::span<const int64_t> axes, bool keepdim);
Tensor prod(const Tensor& x, std::span<const int64_t> axes, bool keepdim);
// amax and amin; equal elements share the gradient evenly.
Tensor extreme_over(const char* op, const Tensor& x, bool largest, std::span<const int64_t> axes,
                    bool keepdim);
Tensor any_all(const Tensor& x, bool all, std::span<const int64_t> axes, bool keepdim);

struct Extreme {
  Tensor values, indices;
};
Tensor extreme_all(const Tensor& x, bool largest);  // of all elements, which share the gradient likewise
Extreme extreme(const Tensor& x, bool largest, int64_t axis, bool keepdim);
Tensor arg_extreme(const Tensor& x, bool largest, const int64_t* axis, bool keepdim);

}  // namespace nncore::ops
