#include "reduce.h"

#include <array>
#include <limits>

#include "../autograd/tape.h"
#include "../backend/backend.h"
#include "../backend/kernels/reduce.h"
#include "../backend/kernels/scan.h"
#include "axes.h"
#include "composed/composed.h"
#include "create.h"
#include "elementwise.h"
#include "index.h"
#include "shape.h"

namespace nncore::ops {

namespace {

DType result_type(Reduction op, DType dtype) {
  const bool exact = op == Reduction::max || op == Reduction::min;
  return is_floating(dtype) || exact ? dtype : DType::int64;
}

// Reduces axes [first, last) of x, seen as n in (outer, n, inner); those axes keep size 1.
Tensor reduce_group(Reduction op, const Tensor& x, int first, int last, double scale) {
  const Shape& s = x.shape();
  Shape shape = s;
  for (int i = first; i < last; i++) shape[i] = 1;
  Tensor y = empty(shape, result_type(op, x.dtype()), x);
  submit(Reduce{.x = x,
                .y = y,
                .op = op,
                .outer = s.span(0, first),
                .n = s.span(first, last),
                .inner = s.span(last, s.ndim()),
                .scale = scale});
  return y;
}

// Reduces neighbouring axes together. The last group, whose elements are closest in memory, comes first.
Tensor reduce(Reduction op, const Tensor& x, std::span<const int64_t> axes, bool keepdim, double scale = 1) {
  const auto gone = marked(name_of(op), x, axes);
  Tensor y = x;
  const Shape shape = without(x.shape(), gone, keepdim);
  bool reduced = false;
  for (int last = x.ndim(); last > 0;) {
    if (!gone[last - 1]) {
      last--;
      continue;
    }
    int first = last;
    while (first > 0 && gone[first - 1]) first--;
    y = reduce_group(op, y, first, last, scale);
    scale = 1;
    reduced = true;
    last = first;
  }
  if (!reduced)
    y = scale == 1 && y.dtype() == result_type(op, x.dtype()) ? clone(x.detach())
                                                              : reduce_group(op, x, 0, 0, scale);
  return y.alias(shape);
}

}  // namespace

AxisMarks marked(const char* op, const Tensor& x, std::span<const int64_t> axes) {
  AxisMarks gone = {};
  for (int64_t axis : axes) {
    if (x.ndim() == 0) {
      normalize_axis(op, axis, 0);
      continue;
    }
    bool& mark = gone[normalize_axis(op, axis, x.ndim())];
    check(!mark, op, ": dim ", axis, " is given twice");
    mark = true;
  }
  if (axes.empty()) gone.fill(true);
  return gone;
}

Shape with_ones(const Shape& from, const AxisMarks& gone) {
  Shape shape = from;
  for (int i = 0; i < from.ndim(); i++)
    if (gone[i]) shape[i] = 1;
  return shape;
}

Shape without(const Shape& from, const AxisMarks& gone, bool keepdim) {
  Shape shape;
  for (int i = 0; i < from.ndim(); i++)
    if (!gone[i] || keepdim) shape.push_back(gone[i] ? 1 : from[i]);
  return shape;
}

Tensor sum(const Tensor& x, std::span<const int64_t> axes, bool keepdim) {
  Tensor y = reduce(Reduction::sum, x, axes, keepdim);
  if (Tape tape{x})
    tape.record("sum", y,
                [from = x.shape(), kept = with_ones(x.shape(), marked("sum", x, axes))](
                    const Tensor& dy, InputGrads& dx) { dx[0] = expand(dy.alias(kept), from); });
  return y;
}

Tensor mean(const Tensor& x, std::span<const int64_t> axes, bool keepdim) {
  check<TypeError>(is_floating(x.dtype()), "mean: expected float32 or float64, got ", x.dtype(),
                   "; convert with .float() or .double()");
  const Shape kept = with_ones(x.shape(), marked("mean", x, axes));
  const double scale = 1.0 / (double(x.numel()) / double(std::max<int64_t>(kept.numel(), 1)));
  Tensor y = reduce(Reduction::sum, x, axes, keepdim, scale);
  // The scale applies to the first group of axes only: an empty sum over a later group would give 0, not NaN.
  if (x.numel() == 0 && y.numel() > 0)
    y = full(y.shape(), std::numeric_limits<double>::quiet_NaN(), y.dtype(), y.device());
  if (Tape tape{x})
    tape.record("mean", y, [from = x.shape(), kept, scale](const Tensor& dy, InputGrads& dx) {
      dx[0] = expand(multiply(dy.alias(kept), scale), from);
    });
  return y;
}

Tensor prod(const Tensor& x, std::span<const int64_t> axes, bool keepdim) {
  const AxisMarks gone = marked("prod", x, axes);
  if (!is_floating(x.dtype())) return reduce(Reduction::prod, x, axes, keepdim);
  if (x.ndim() == 0) return clone(x);
  Tensor y = x;
  for (int last = x.ndim(); last > 0;) {  // reduce neighbouring axes together; each group is a node
    int first = last--;
    if (!gone[last]) continue;
    while (first > 0 && gone[first - 1]) first--;
    const Tensor before = y;
    y = reduce_group(Reduction::prod, before, first, last + 1, 1);
    if (Tape tape{before})
      tape.record("prod", y, [x = before.saved(), first, last](const Tensor& dy, InputGrads& dx) {
        const Shape& s = x.shape();
        const int64_t outer = s.span(0, first), n = s.span(first, last + 1),
                      inner = s.span(last + 1, s.ndim());
        if (!runs<ProdBwd>(x)) {
          dx[0] = reshape(
              composed::prod_gradient(reshape(x, {outer, n, inner}), reshape(dy, {outer, 1, inner})), s);
          return;
        }
        dx[0] = empty_like(x);
        submit(ProdBwd{.x = x, .dy = dy, .dx = dx[0], .outer = outer, .n = n, .inner = inner});
      });
    last = first;
  }
  return reshape(y, without(x.shape(), gone, keepdim));
}

Tensor extreme_over(const char* op, const Tensor& x, bool largest, std::span<const int64_t> axes,
                    bool keepdim) {
  const AxisMarks gone = marked(op, x, axes);
  const Shape kept = with_ones(x.shape(), gone);
  for (int i = 0; i < x.ndim(); i++)
    check(!gone[i] || x.shape()[i] > 0, op, ": a tensor of shape ", x.shape(), " has no elements along axis ",
          i, "; reduce an axis that has some");
  Tensor y = reduce(largest ? Reduction::max : Reduction::min, x, axes, keepdim);
  if (Tape tape{x})
    tape.record(op, y,
                [x = x.saved(), y = y.saved().alias(kept), kept,
                 axes = std::vector<int64_t>(axes.begin(), axes.end())](const Tensor& dy, InputGrads& dx) {
                  const Tensor ties = cast(equal(x, y), x.dtype());
                  dx[0] = multiply(ties, divide(dy.alias(kept), sum(ties, axes, true)));
                });
  return y;
}

Tensor extreme_all(const Tensor& x, bool largest) {
  const char* op = name_of(largest ? Reduction::max : Reduction::min);
  check(x.numel() > 0, op, ": a tensor of shape ", x.shape(), " has no elements");
  return extreme_over(op, x, largest, {}, false);
}

Tensor any_all(const Tensor& x, bool all, std::span<const int64_t> axes, bool keepdim) {
  const Tensor truth = x.dtype() == DType::boolean ? x.detach() : cast(x.detach(), DType::boolean);
  return reduce(all ? Reduction::min : Reduction::max, truth, axes, keepdim);
}

Tensor arg_extreme(const Tensor& x, bool largest, const int64_t* axis, bool keepdim) {
  const char* op = largest ? "argmax" : "argmin";
  if (!axis) {
    const int64_t first = 0;
    Tensor y = arg_extreme(x.alias({x.numel()}), largest, &first, false);
    Shape shape;
    for (int i = 0; keepdim && i < x.ndim(); i++) shape.push_back(1);
    return y.alias(shape);
  }
  const int at = normalize_axis(op, *axis, x.ndim());
  const Shape& s = x.shape();
  const AxisView v(s, at);
  check(v.n > 0, op, ": axis ", at, " of ", s, " has no elements");
  Shape shape;
  for (int i = 0; i < s.ndim(); i++)
    if (i != at || keepdim) shape.push_back(i == at ? 1 : s[i]);
  Tensor y = empty(shape, DType::int64, x);
  submit(ArgReduce{.x = x,
                   .y = y,
                   .op = largest ? Reduction::max : Reduction::min,
                   .outer = v.outer,
                   .n = v.n,
                   .inner = v.inner});
  return y;
}

Extreme extreme(const Tensor& x, bool largest, int64_t axis, bool keepdim) {
  const Tensor indices = arg_extreme(x, largest, &axis, true);
  const Reduction op = largest ? Reduction::max : Reduction::min;
  const int at = normalize_axis(name_of(op), axis, x.ndim());
  Tensor values = reduce(op, x, std::span(&axis, 1), true);
  Shape shape;
  for (int i = 0; i < x.ndim(); i++)
    if (i != at || keepdim) shape.push_back(values.shape()[i]);
  Extreme result = {values.alias(shape), indices.alias(shape)};
  if (Tape tape{x})  // the returned index receives the whole gradient
    tape.record(name_of(op), result.values,
                [from = x.shape(), indices = indices.saved(), at](const Tensor& dy, InputGrads& dx) {
                  dx[0] = scatter("max", zeros(from, dy), at, indices, dy.alias(indices.shape()), false);
                });
  return result;
}

}  // namespace nncore::ops
