// The axes that an op works along.
#pragma once
#include <algorithm>
#include <array>
#include <span>

#include "../core/tensor.h"

namespace nncore::ops {

using AxisMarks = std::array<bool, Shape::max_ndim>;

// Which axes a reduction takes away; none given means all.
AxisMarks marked(const char* op, const Tensor& x, std::span<const int64_t> axes);

// Marked axes have size 1.
Shape with_ones(const Shape& from, const AxisMarks& gone);
// Marked axes have size 1, or are not there.
Shape without(const Shape& from, const AxisMarks& gone, bool keepdim);

// A shape as (outer, n, inner) around an axis; a 0-dimensional tensor has one of size 1.
struct AxisView {
  int64_t outer, n, inner;
  AxisView(const Shape& s, int axis)
      : outer(s.span(0, axis)),
        n(s.ndim() ? s[axis] : 1),
        inner(s.span(std::min(axis + 1, s.ndim()), s.ndim())) {}
};

}  // namespace nncore::ops
