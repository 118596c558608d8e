// Cumulative sums and products along an axis.
#pragma once
#include "../core/tensor.h"

namespace nncore::ops {

Tensor cumsum(const Tensor& x, int64_t axis);
Tensor cumprod(const Tensor& x, int64_t axis);

}  // namespace nncore::ops
