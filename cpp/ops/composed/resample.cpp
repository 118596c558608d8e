// Interpolation as sums of gathered elements.
#include "../../backend/kernels/resample.h"

#include <array>

#include "../shape.h"
#include "composed.h"
#include "expression.h"
#include "parts.h"

namespace nncore::ops::composed {

namespace {

using Weights = std::array<Tensor, 4>;

// The weights of four elements for the position t between the second and the third (Keys 1981).
Weights cubic(const Tensor& t) {
  constexpr double a = -0.75;
  const auto near = [&](E x) { return (((a + 2) * x - (a + 3)) * x * x + 1).tensor(); };
  const auto far = [&](E x) { return (((a * x - 5 * a) * x + 8 * a) * x - 4 * a).tensor(); };
  const Expression from = t;
  return {far(from + 1), near(from), near(1 - from), far(2 - from)};
}

Tensor limited(const Tensor& position, int64_t n) {
  return apply<formulas::Clamp>(position, {0, double(n - 1)});
}
Tensor whole(const Tensor& position) { return cast(position.detach(), DType::int64); }

// The elements around positions on an axis of n elements, with their weights. `exists` is false for elements
// beyond the axis, whose index is another.
struct AxisTaps {
  std::array<Tensor, 4> index, exists;
  Weights weight;
};

Tensor position_of(const Tensor& coordinate, int64_t n, bool align_corners) {
  const Tensor c = ops::masked_fill(coordinate, test<formulas::Ne>(coordinate, coordinate), {-1, 0});
  const Tensor from = add(c, 1);
  const Tensor at = align_corners ? multiply(multiply(from, 0.5), double(n - 1))
                                  : multiply(add(multiply(from, double(n)), -1), 0.5);
  return apply<formulas::Clamp>(at, {-1e18, 1e18});
}

Tensor reflected(const Tensor& position, int64_t n, bool at_middles) {
  const double low = at_middles ? 0 : -0.5, span = double(at_middles ? n - 1 : n);
  if (span == 0) return multiply(position, 0);
  const Expression p = position, from = select(p < low, low - p, p - low);
  const Tensor rest = apply<formulas::Fmod>(from.tensor(), number(span, position)),
               part = apply<formulas::Fmod>(from.tensor(), number(2 * span, position));
  return select(Expression(part) >= span, low + (span - Expression(rest)), low + Expression(rest)).tensor();
}

Tensor moved_inside(const Tensor& position, int64_t n, const Sampling& s) {
  if (s.beyond == Beyond::zeros) return position;
  return limited(s.beyond == Beyond::reflection ? reflected(position, n, s.align_corners) : position, n);
}

AxisTaps taps_at(const Tensor& coordinate, int64_t n, const Sampling& s) {
  Tensor at = position_of(coordinate, n, s.align_corners);
  const bool is_cubic = s.kind == Interpolation::cubic, is_nearest = s.kind == Interpolation::nearest;
  if (!is_cubic) at = moved_inside(at, n, s);
  const Tensor first = is_nearest ? apply<formulas::Round>(at) : apply<formulas::Floor>(at);
  AxisTaps taps;
  for (int k = 0; k < taps_of(s.kind); k++) {
    Tensor i = add(first, is_cubic ? k - 1 : k);
    if (is_cubic) i = moved_inside(i, n, s);
    const Tensor inside = limited(i, n);
    taps.index[size_t(k)] = whole(inside);
    taps.exists[size_t(k)] = equal(i, inside);
  }
  const Tensor t = subtract(at, first);
  if (is_cubic)
    taps.weight = cubic(t);
  else if (is_nearest)
    taps.weight[0] = number(1, at);
  else
    taps.weight = {apply<formulas::RsubScalar>(t, {1}), t};
  return taps;
}

}  // namespace

Tensor resample(const Tensor& x, int axis, const Resampling& s) {
  const Tensor outputs = cast(range(0, s.m, x), DType::float64);
  const Tensor middle = s.kind == Interpolation::nearest ? outputs : add(outputs, 0.5);
  Shape along = {s.m};
  for (int i = axis + 1; i < x.ndim(); i++) along.push_back(1);
  const auto taken = [&](const Tensor& position) {
    return take_axis("interpolate", x, axis, whole(limited(position, s.n)), false);
  };
  const auto term = [&](const Tensor& position, const Tensor& weight) {
    return multiply(taken(position), reshape(cast(weight, x.dtype()), along));
  };
  if (taps_of(s.kind) == 1) {
    const Tensor position = cast(multiply(middle, double(float(s.scale))), DType::float32);
    return taken(apply<formulas::Floor>(position));
  }
  Tensor at = s.align_corners ? multiply(outputs, s.scale) : add(multiply(middle, s.scale), -0.5);
  if (s.kind == Interpolation::linear) at = limited(at, s.n);
  const Tensor first = apply<formulas::Floor>(at), t = subtract(at, first);
  if (s.kind == Interpolation::linear)
    return add(term(first, apply<formulas::RsubScalar>(t, {1})), term(add(first, 1), t));
  const Weights weight = cubic(t);
  Tensor sum = term(add(first, -1), weight[0]);
  for (int k = 1; k < 4; k++) sum = add(sum, term(add(first, k - 1), weight[size_t(k)]));
  return sum;
}

Tensor grid_sample(const Tensor& x, const Tensor& grid, const Shape& shape, const Sampling& s) {
  const Tensor points = reshape(grid, {s.batch, s.points, s.axes});
  const Tensor planes = reshape(x, {s.batch, s.channels, s.plane()});
  const auto along = [&](int axis) {
    const Slice part[] = {{0, 1, s.batch}, {0, 1, s.points}, {axis, 1, 1}};
    return taps_at(reshape(slice(points, part), {s.batch, 1, s.points}), s.sizes[2 - axis], s);
  };
  // The sum over the elements around each point, an axis at a time: index, exists and weight are those of the
  // axes before.
  Tensor sum = zeros({s.batch, s.channels, s.points}, x);
  const auto visit = [&](const auto& self, int axis, const Tensor& index, const Tensor& exists,
                         const Tensor& weight) -> void {
    if (axis < 0) {
      const Tensor found = gather(planes, 2, expand(index, sum.shape()));
      sum = add(sum, multiply(where(exists, found, number(0, x)), weight));
      return;
    }
    const AxisTaps taps = along(axis);
    for (size_t k = 0; k < size_t(taps_of(s.kind)); k++)
      self(self, axis - 1, add(multiply(index, whole_number(s.sizes[2 - axis], x)), taps.index[k]),
           test<formulas::LogicalAnd>(exists, taps.exists[k]), multiply(weight, taps.weight[k]));
  };
  const Tensor none = whole_number(0, x);
  visit(visit, s.axes - 1, none, equal(none, none), number(1, x));
  return reshape(sum, shape);
}

}  // namespace nncore::ops::composed
