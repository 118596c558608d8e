// The axes that an op works along.
#pragma once
#include <algorithm>
#include <array>
#include <span>

#include "../core/tensor.h"

namespace nncore::ops {

using AxisMarks = std::array<bool, Shape::max_ndim>;

// Marks the axes that a reduction removes: those given, or all if none are given.
AxisMarks marked(const char* op, const Tensor& x, std::span<const int64_t> axes);

// Marked axes have size 1.
Shape with_ones(const Shape& from, const AxisMarks& gone);
// Without the marked axes, or with size 1 in their place if `keepdim`.
Shape without(const Shape& from, const AxisMarks& gone, bool keepdim);

// A shape seen as (outer, n, inner), where n is the size of an axis. A 0-dimensional shape is (1, 1, 1).
struct AxisView {
  int64_t outer, n, inner;
  AxisView(const Shape& s, int axis)
      : outer(s.span(0, axis)),
        n(s.ndim() ? s[axis] : 1),
        inner(s.span(std::min(axis + 1, s.ndim()), s.ndim())) {}
};

}  // namespace nncore::ops
