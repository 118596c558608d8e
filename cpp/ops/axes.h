// Which axes a reduction takes away.
#pragma once
#include <array>
#include <span>

#include "../core/tensor.h"

namespace nncore::ops {

using AxisMarks = std::array<bool, Shape::max_ndim>;

// None given means all.
AxisMarks marked(const char* op, const Tensor& x, std::span<const int64_t> axes);

// Marked axes have size 1.
Shape with_ones(const Shape& from, const AxisMarks& gone);
// Marked axes have size 1, or are not there.
Shape without(const Shape& from, const AxisMarks& gone, bool keepdim);

}  // namespace nncore::ops
