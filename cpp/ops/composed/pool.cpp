// Pooling and sliding windows from one table: for each output, the positions of its window in the plane.
#include <array>

#include "../../backend/kernels/pool.h"
#include "../shape.h"
#include "composed.h"
#include "parts.h"

namespace nncore::ops::composed {

namespace {

// Positions in a plane or along an axis, and which of them exist.
struct Positions {
  Tensor at, exists;
};

Tensor column(const Tensor& t) { return unsqueeze(t, -1); }

// floor(a / b) of integers below 2^53
Tensor floor_divide(const Tensor& a, int64_t b) {
  const Tensor quotient = divide(cast(a, DType::float64), full({}, double(b), DType::float64, a.device()));
  return cast(apply<formulas::Floor>(quotient), DType::int64);
}

// The first position of each window along an axis: (1, out), or (planes, out) for fractional windows with the
// random numbers u (planes, 1).
Tensor first_positions(const PoolAxis& a, Placement placement, const Tensor& u, const Tensor& like) {
  const Tensor outputs = unsqueeze(range(0, a.out, like), 0);
  if (placement == Placement::adaptive)
    return floor_divide(multiply(outputs, whole_number(a.in, like)), a.out);
  if (placement == Placement::strided)
    return subtract(multiply(outputs, whole_number(a.stride, like)), whole_number(a.padding, like));
  const Tensor last = whole_numbers({u.size(0), 1}, a.in - a.kernel, like);
  if (a.out == 1) return last;
  const Tensor step = divide(number(double(a.in - a.kernel), u), number(double(a.out - 1), u));
  const auto whole = [&](const Tensor& t) {
    return cast(apply<formulas::Floor>(multiply(t, step)), DType::int64);
  };
  const Tensor before = unsqueeze(range(0, a.out - 1, like), 0);
  const Tensor parts[] = {subtract(whole(add(cast(before, u.dtype()), u)), whole(u)), last};
  return cat(parts, 1);
}

// (1 or planes, out, kernel). with_padding: positions in the padding exist.
Positions along(const PoolAxis& a, Placement placement, const Tensor& u, const Tensor& like,
                bool with_padding) {
  const Tensor first = column(first_positions(a, placement, u, like));
  const Tensor at = add(first, range(0, a.kernel * a.dilation, like, a.dilation));
  if (placement == Placement::adaptive) {  // the end is ceil((o + 1) in / out)
    const Tensor next = multiply(range(1, a.out + 1, like), whole_number(a.in, like));
    const Tensor end = floor_divide(add(next, whole_number(a.out - 1, like)), a.out);
    return {at, test<formulas::Lt>(at, unsqueeze(column(end), 0))};
  }
  const int64_t beyond = with_padding ? a.padding : 0;
  const Tensor low = test<formulas::Ge>(at, whole_number(-beyond, like)),
               high = test<formulas::Lt>(at, whole_number(a.in + beyond, like));
  return {at, bitwise(BitwiseOps::index_of<formulas::BitwiseAnd>, low, high)};
}

// All positions (1 or planes, out, window) of the windows. Positions that do not exist are 0.
Positions windows(const PoolShape& s, const Tensor& samples, const Tensor& like, bool with_padding = false) {
  Positions all;
  for (int i = 0; i < 3; i++) {
    Tensor u;
    if (samples.defined()) {
      const Slice part[] = {{0, 1, s.planes}, {i, 1, 1}};
      u = slice(reshape(samples, {s.planes, 3}), part);
    }
    Positions p = along(s.axes[i], s.placement, u, like, with_padding);
    Shape shape = {p.at.size(0), 1, 1, 1, 1, 1, 1};
    shape[1 + i] = s.axes[i].out;
    shape[4 + i] = s.axes[i].kernel;
    p = {reshape(p.at, shape), reshape(p.exists, shape)};
    if (i == 0) {
      all = p;
      continue;
    }
    all.at = add(multiply(all.at, whole_number(s.axes[i].in, like)), p.at);
    all.exists = bitwise(BitwiseOps::index_of<formulas::BitwiseAnd>, all.exists, p.exists);
  }
  const Shape shape = {all.at.size(0), s.out(), s.window()};
  return {ops::masked_fill(reshape(all.at, shape), reshape(all.exists, shape), {0, 0}, false),
          reshape(all.exists, shape)};
}

// The elements of the windows (planes, out, window); `other` where none exists.
Tensor elements(const Tensor& x, const PoolShape& s, const Positions& p, double other) {
  const Shape shape = {s.planes, s.out(), s.window()};
  const Tensor index = reshape(expand(p.at, shape), {s.planes, s.out() * s.window()});
  const Tensor found = reshape(gather(reshape(x, {s.planes, s.in()}), 1, index), shape);
  return where(p.exists, found, number(other, x));
}

}  // namespace

Pooled max_pool(const Tensor& x, const Shape& shape, const PoolShape& s, const Tensor& samples,
                bool indices) {
  const Positions p = windows(s, samples, x);
  const Extreme e = extreme(elements(x, s, p, -infinity), true, 2, true);
  const Tensor all = expand(p.at, {s.planes, s.out(), s.window()});
  return {reshape(e.values, shape), indices ? reshape(gather(all, 2, e.indices), shape) : Tensor()};
}

Tensor avg_pool(const Tensor& x, const Shape& shape, const PoolShape& s, PoolDivisor divisor) {
  const Tensor total = sum(elements(x, s, windows(s, {}, x), 0), last_axis, false);
  if (divisor.divisor) return reshape(divide(total, number(double(divisor.divisor), x)), shape);
  const Tensor counted = windows(s, {}, x, divisor.include_padding).exists;
  return reshape(divide(total, sum(cast(counted, x.dtype()), last_axis, false)), shape);
}

Tensor unfold(const Tensor& x, const Shape& shape, const PoolShape& s) {
  return reshape(transpose(elements(x, s, windows(s, {}, x), 0), 1, 2), shape);
}

Tensor fold(const Tensor& columns, const Shape& shape, const PoolShape& s) {
  const Positions p = windows(s, {}, columns);
  const Shape all = {s.planes, s.out(), s.window()}, rows = {s.planes, s.out() * s.window()};
  const Tensor values = transpose(reshape(columns, {s.planes, s.window(), s.out()}), 1, 2);
  const Tensor existing = where(p.exists, values, number(0, columns));
  return reshape(scatter("fold", zeros({s.planes, s.in()}, columns), 1, reshape(expand(p.at, all), rows),
                         reshape(existing, rows), true),
                 shape);
}

}  // namespace nncore::ops::composed
