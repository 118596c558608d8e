// Checks and helpers for ops that work along one axis.
#pragma once
#include <algorithm>
#include <array>
#include <numeric>
#include <span>

#include "../autograd/tape.h"
#include "shape.h"

namespace nncore::ops {

inline void float_only(const char* op, const char* argument, const Tensor& x) {
  check<TypeError>(is_floating(x.dtype()), op, ": ", argument, " is ", x.dtype(),
                   "; expected float32 or float64, convert with .float() or .double()");
}

inline void no_derivative(const char* op, const char* argument, const Tensor& x) {
  check(!x.defined() || !x.requires_grad() || !grad_enabled(), op,
        ": there is no derivative with respect to ", argument, "; pass it with .detach()");
}

// axis_last moves the axis to the end; axis_from_last moves it back.
inline Tensor axis_last(const Tensor& x, int axis) {
  std::array<int64_t, Shape::max_ndim> order;
  std::iota(order.begin(), order.end(), 0);
  std::rotate(order.begin() + axis, order.begin() + axis + 1, order.begin() + x.ndim());
  return permute(x, std::span(order).first(x.ndim()));
}
inline Tensor axis_from_last(const Tensor& x, int axis) {
  std::array<int64_t, Shape::max_ndim> order;
  std::iota(order.begin(), order.end(), 0);
  std::rotate(order.begin() + axis, order.begin() + x.ndim() - 1, order.begin() + x.ndim());
  return permute(x, std::span(order).first(x.ndim()));
}

}  // namespace nncore::ops
