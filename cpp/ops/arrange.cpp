#include "arrange.h"

#include <algorithm>
#include <array>
#include <numeric>

#include "../autograd/tape.h"
#include "../backend/backend.h"
#include "axes.h"
#include "composed/composed.h"
#include "create.h"
#include "made.h"
#include "shape.h"
#include "strided.h"

namespace nncore::ops {

namespace {

// Copies the parts of x along an axis to new tensors. drop: each part has size 1 and loses the axis.
std::vector<Tensor> parts_of(const char* op, const Tensor& x, List sizes, int at, bool drop) {
  const Strides own = contiguous_strides(x.shape());
  std::vector<Tensor> parts;
  int64_t start = 0;
  for (int64_t size : sizes) {
    Shape shape = x.shape(), result;
    shape[at] = size;
    for (int i = 0; i < x.ndim(); i++)
      if (!drop || i != at) result.push_back(shape[i]);
    parts.push_back(empty(result, x));
    copy_strided(x, parts.back(), shape, own, contiguous_strides(shape), start * own[at], 0);
    start += size;
  }
  if (Tape tape{x})
    tape.record(op, parts,
                [from = x.shape(), at, sizes = std::vector<int64_t>(sizes.begin(), sizes.end())](
                    std::span<const Tensor> dys, InputGrads& dx) {
                  const Strides own = contiguous_strides(from);
                  const auto is_there = [](const Tensor& dy) { return dy.defined(); };
                  const Tensor& any = *std::find_if(dys.begin(), dys.end(), is_there);
                  const bool all = std::all_of(dys.begin(), dys.end(), is_there);
                  dx[0] = all ? empty(from, any) : zeros(from, any);
                  int64_t start = 0;
                  for (size_t i = 0; i < sizes.size(); start += sizes[i++]) {
                    Shape shape = from;
                    shape[at] = sizes[i];
                    if (dys[i].defined())
                      copy_strided(dys[i], dx[0], shape, contiguous_strides(shape), own, 0, start * own[at]);
                  }
                });
  return parts;
}

// Even an empty part is a tensor. Limits the number of parts of a tensor with few or no elements.
void check_count(const char* op, const Tensor& x, int64_t parts) {
  constexpr int64_t few = 1 << 16;
  check<MemoryError>(parts <= std::max(few, x.numel()), op, ": ", parts, " parts of a tensor of shape ",
                     x.shape(), " are more than memory can hold");
}

// Repeats each run of `inner` elements of x, seen as (outer, inner), `times` times. The result, (outer,
// times, inner), gets the given shape.
// y, which an operation made of x, in memory of its own also where nothing had to be changed.
Tensor apart(const Tensor& x, const Tensor& y) {
  return y.impl()->storage == x.impl()->storage ? clone(y) : y;
}

Tensor repeat_runs(const char* op, const Tensor& x, int64_t outer, int64_t times, int64_t inner,
                   const Shape& shape) {
  check_sizes(op, shape, size_of(x.dtype()));
  if (x.shape() == shape) return x;
  return reshape(expand(reshape(x, {outer, 1, inner}), {outer, times, inner}), shape);
}

int64_t times_size(const char* op, const Tensor& x, int64_t size, int64_t times) {
  int64_t result;
  check(!__builtin_mul_overflow(size, times, &result), op, ": an axis of ", size, " repeated ", times,
        " times is longer than memory can hold; the tensor has shape ", x.shape());
  return result;
}

int axis_of(const char* op, const Tensor& x, int64_t axis) {
  check<IndexError>(x.ndim() > 0, op, ": a 0-dimensional tensor cannot be split");
  return normalize_axis(op, axis, x.ndim());
}

std::array<int64_t, Shape::max_ndim> normalized(const char* op, const Tensor& x, List axes) {
  std::array<int64_t, Shape::max_ndim> out = {};
  std::array<bool, Shape::max_ndim> seen = {};
  check(axes.size() <= size_t(Shape::max_ndim), op, ": ", axes.size(), " axes are too many");
  for (size_t i = 0; i < axes.size(); i++) {
    const int at = normalize_axis(op, axes[i], x.ndim());
    check(!seen[at], op, ": dim ", axes[i], " is given twice");
    seen[at] = true;
    out[i] = at;
  }
  return out;
}

void check_widths(const Tensor& x, List widths) {
  check(widths.size() % 2 == 0, "pad: ", widths.size(),
        " widths; expected pairs (left, right), the last axis first");
  check(widths.size() / 2 <= size_t(x.ndim()), "pad: ", widths.size() / 2,
        " pairs of widths for a tensor of shape ", x.shape());
  for (int64_t w : widths)
    check(w > -(int64_t(1) << 40) && w < (int64_t(1) << 40), "pad: a width of ", w, " is out of range");
}

}  // namespace

std::vector<Tensor> split(const Tensor& x, List sizes, int64_t axis) {
  const int at = axis_of("split", x, axis);
  int64_t sum = 0;
  for (int64_t size : sizes) {
    check(size >= 0 && size <= x.shape()[at] && !__builtin_add_overflow(sum, size, &sum), "split: a part of ",
          size, " of axis ", at, ", whose size is ", x.shape()[at]);
  }
  check(sum == x.shape()[at], "split: the parts sum to ", sum, " but axis ", at, " of ", x.shape(), " has ",
        x.shape()[at]);
  return parts_of("split", x, sizes, at, false);
}

namespace {

// Parts of the same size; the last one may be shorter.
std::vector<Tensor> even_parts(const char* op, const Tensor& x, int64_t size, int at) {
  const int64_t n = x.shape()[at], parts = n == 0 ? 1 : n / size + (n % size != 0);
  check_count(op, x, parts);
  std::vector<int64_t> sizes(size_t(parts), size);
  sizes.back() = n - size * (parts - 1);
  return parts_of(op, x, sizes, at, false);
}

}  // namespace

std::vector<Tensor> split(const Tensor& x, int64_t size, int64_t axis) {
  const int at = axis_of("split", x, axis);
  check(size > 0 || (size == 0 && x.shape()[at] == 0), "split: split_size is ", size,
        " but must be positive");
  return even_parts("split", x, size, at);
}

std::vector<Tensor> chunk(const Tensor& x, int64_t chunks, int64_t axis) {
  check(chunks > 0, "chunk: chunks is ", chunks, " but must be positive");
  const int at = axis_of("chunk", x, axis);
  const int64_t n = x.shape()[at];
  if (n == 0) {
    check_count("chunk", x, chunks);
    return parts_of("chunk", x, std::vector<int64_t>(size_t(chunks), 0), at, false);
  }
  return even_parts("chunk", x, n / chunks + (n % chunks != 0), at);
}

std::vector<Tensor> unbind(const Tensor& x, int64_t axis) {
  const int at = axis_of("unbind", x, axis);
  check_count("unbind", x, x.shape()[at]);
  return parts_of("unbind", x, std::vector<int64_t>(size_t(x.shape()[at]), 1), at, true);
}

Tensor unflatten(const Tensor& x, int64_t axis, const Shape& sizes) {
  const int at = axis_of("unflatten", x, axis);
  Shape shape;
  for (int i = 0; i < at; i++) shape.push_back(x.shape()[i]);
  int64_t known = 1, all = 1;
  bool fits = true;
  for (int64_t s : sizes) fits = fits && s >= -1 && !__builtin_mul_overflow(known, s == -1 ? 1 : s, &known);
  for (int64_t s : sizes) shape.push_back(s == -1 && known > 0 ? x.shape()[at] / known : s);
  for (int i = 0; i < sizes.ndim(); i++) fits = fits && !__builtin_mul_overflow(all, shape[at + i], &all);
  check(fits && all == x.shape()[at], "unflatten: sizes ", sizes, " do not multiply to ", x.shape()[at],
        ", the size of axis ", at, " of ", x.shape());
  for (int i = at + 1; i < x.ndim(); i++) shape.push_back(x.shape()[i]);
  return reshape(x, shape);
}

Tensor pad_constant(const Tensor& x, List widths, double value) {
  check_widths(x, widths);
  Shape shape = x.shape(), common = x.shape();
  const Strides own = contiguous_strides(x.shape());
  int64_t from = 0;
  std::array<int64_t, Shape::max_ndim> left = {};
  for (size_t i = 0; i < widths.size() / 2; i++) {
    const int at = x.ndim() - 1 - int(i);
    const int64_t l = widths[2 * i], r = widths[2 * i + 1];
    check(!__builtin_add_overflow(shape[at], l + r, &shape[at]), "pad: widths (", l, ", ", r, ") of axis ",
          at, " of ", x.shape(), " are out of range");
    common[at] += std::min<int64_t>(l, 0) + std::min<int64_t>(r, 0);
    check(shape[at] >= 0, "pad: widths (", l, ", ", r, ") remove more than all of axis ", at, " of ",
          x.shape());
    common[at] = std::max<int64_t>(common[at], 0);
    from += std::max<int64_t>(-l, 0) * own[at];
    left[at] = std::max<int64_t>(l, 0);
  }
  Tensor y = made("pad", shape, x.dtype(), x.device());
  fill_(y, value);
  const Strides padded = contiguous_strides(shape);
  int64_t to = 0;
  for (int i = 0; i < x.ndim(); i++) to += left[i] * padded[i];
  copy_strided(x, y, common, own, padded, from, to);
  if (Tape tape{x})
    tape.record("pad", y,
                [shape = x.shape(), own, padded, common, from, to](const Tensor& dy, InputGrads& dx) {
                  dx[0] = common == shape ? empty(shape, dy) : zeros(shape, dy);
                  copy_strided(dy, dx[0], common, padded, own, to, from);
                });
  return y;
}

Tensor pad_copies(const Tensor& x, List widths, Padding mode) {
  check_widths(x, widths);
  const char* what = mode == Padding::reflect     ? "reflect"
                     : mode == Padding::replicate ? "replicate"
                                                  : "circular";
  Tensor y = x;
  for (size_t i = 0; i < widths.size() / 2; i++) {
    const int at = x.ndim() - 1 - int(i);
    const int64_t n = x.shape()[at], left = widths[2 * i], right = widths[2 * i + 1];
    const int64_t most = mode == Padding::reflect ? n - 1 : mode == Padding::circular ? n : int64_t(1) << 40;
    check(left >= 0 && right >= 0 && left <= most && right <= most && n > 0, "pad: widths (", left, ", ",
          right, ") of axis ", at, " of ", x.shape(), "; in mode '", what, "' they must lie between 0 and ",
          n == 0 ? 0 : most);
    if (left == 0 && right == 0) continue;
    Shape shape = y.shape();
    check(!__builtin_add_overflow(shape[at], left + right, &shape[at]), "pad: widths (", left, ", ", right,
          ") of axis ", at, " of ", x.shape(), " are out of range");
    if (!runs<PadAxisFwd, PadAxisBwd>(x)) {
      y = composed::pad_axis(y, at, left, right, mode);
      continue;
    }
    const Tensor narrow = y;
    y = made("pad", shape, x.dtype(), x.device());
    const AxisView v(narrow.shape(), at);
    submit(PadAxisFwd{.x = narrow,
                      .y = y,
                      .mode = mode,
                      .outer = v.outer,
                      .n = v.n,
                      .inner = v.inner,
                      .left = left,
                      .right = right});
    if (Tape tape{narrow})
      tape.record("pad", y, [from = narrow.shape(), v, mode, left, right](const Tensor& dy, InputGrads& dx) {
        dx[0] = empty(from, dy);
        submit(PadAxisBwd{.dy = dy,
                          .dx = dx[0],
                          .mode = mode,
                          .outer = v.outer,
                          .n = v.n,
                          .inner = v.inner,
                          .left = left,
                          .right = right});
      });
  }
  return y;
}

Tensor flip(const Tensor& x, List axes) {
  const auto at = normalized("flip", x, axes);
  Strides strides = contiguous_strides(x.shape());
  int64_t start = 0;
  for (size_t i = 0; i < axes.size() && x.ndim() > 0; i++) {
    start += (x.shape()[int(at[i])] - 1) * strides[int(at[i])];
    strides[int(at[i])] *= -1;
  }
  return strided("flip", x, x.shape(), strides, start);
}

Tensor roll(const Tensor& x, List shifts, List axes) {
  if (axes.empty()) {
    check(shifts.size() == 1, "roll: ", shifts.size(), " shifts without dims; give one, or a dim for each");
    const int64_t first = 0;
    return reshape(roll(reshape(x, {x.numel()}), shifts, List(&first, 1)), x.shape());
  }
  check(shifts.size() == axes.size(), "roll: ", shifts.size(), " shifts but ", axes.size(), " dims");
  Tensor y = x;
  for (size_t i = 0; i < axes.size(); i++) {
    const int at = normalize_axis("roll", axes[i], x.ndim());
    if (x.numel() == 0 || x.ndim() == 0) continue;
    const int64_t n = x.shape()[at], shift = (shifts[i] % n + n) % n;
    if (shift == 0) continue;
    const Tensor before = y;
    const Strides own = contiguous_strides(x.shape());
    Shape head = x.shape(), tail = x.shape();
    head[at] = n - shift;
    tail[at] = shift;
    y = empty_like(x);
    copy_strided(before, y, head, own, own, 0, shift * own[at]);
    copy_strided(before, y, tail, own, own, (n - shift) * own[at], 0);
    if (Tape tape{before})
      tape.record("roll", y, [shift, axis = int64_t(at)](const Tensor& dy, InputGrads& dx) {
        const int64_t back = -shift;
        dx[0] = roll(dy, List(&back, 1), List(&axis, 1));
      });
  }
  return apart(x, y);
}

Tensor repeat(const char* op, const Tensor& x, const Shape& times) {
  Shape shape, all = times;
  for (int64_t t : times) check(t >= 0, op, ": ", t, " times in ", times, "; must be 0 or more");
  if (times.ndim() < x.ndim()) {
    all = {};
    for (int i = times.ndim(); i < x.ndim(); i++) all.push_back(1);
    for (int64_t t : times) all.push_back(t);
  }
  for (int i = x.ndim(); i < all.ndim(); i++) shape.push_back(1);
  for (int64_t s : x.shape()) shape.push_back(s);
  Shape whole = shape;
  for (int i = 0; i < all.ndim(); i++) whole[i] = times_size(op, x, shape[i], all[i]);
  check_sizes(op, whole, size_of(x.dtype()));
  Tensor y = reshape(x, shape);
  for (int i = 0; i < all.ndim(); i++)
    if (all[i] == 0 && y.numel() > 0) {  // the result is empty: repeat this axis first, before others grow
      shape[i] = 0;
      y = repeat_runs(op, y, y.shape().span(0, i), 0, y.shape().span(i, y.ndim()), shape);
    }
  for (int i = all.ndim() - 1; i >= 0; i--) {  // repeat neighbouring axes together as long as they fit
    Shape cut, wide, result = y.shape();
    int first = i + 1, room = Shape::max_ndim - y.ndim();
    while (first > 0 && (all[first - 1] == 1 || y.shape()[first - 1] == 1 || room > 0)) {
      first--;
      if (all[first] != 1 && y.shape()[first] != 1) room--;
    }
    for (int d = 0; d < y.ndim(); d++) {
      const int64_t t = d >= first && d <= i ? all[d] : 1;
      if (t != 1 && y.shape()[d] != 1) {
        cut.push_back(1);
        wide.push_back(t);
      }
      cut.push_back(y.shape()[d]);
      wide.push_back(t != 1 && y.shape()[d] == 1 ? t : y.shape()[d]);
      result[d] *= t;
    }
    if (first == i + 1) {  // not even one more axis fits: repeat this axis alone
      result[i] *= all[i];
      y = repeat_runs(op, y, y.shape().span(0, i), all[i], y.shape().span(i, y.ndim()), result);
      continue;
    }
    check_sizes(op, result, size_of(x.dtype()));
    if (!(result == y.shape())) y = reshape(expand(reshape(y, cut), wide), result);
    i = first;
  }
  return apart(x, y);
}

Tensor repeat_interleave(const Tensor& x, int64_t times, std::optional<int64_t> axis) {
  check(times >= 0, "repeat_interleave: repeats is ", times, " but must be 0 or more");
  if (!axis) return repeat_interleave(reshape(x, {x.numel()}), times, 0);
  const int at = axis_of("repeat_interleave", x, *axis);
  Shape shape = x.shape();
  shape[at] = times_size("repeat_interleave", x, shape[at], times);
  return apart(x, repeat_runs("repeat_interleave", x, x.shape().span(0, at + 1), times,
                              x.shape().span(at + 1, x.ndim()), shape));
}

Tensor diagonal(const Tensor& x, int64_t offset, int64_t axis1, int64_t axis2) {
  check(x.ndim() >= 2, "diagonal: shape ", x.shape(), " has no rows and columns; expected two axes or more");
  const int a = normalize_axis("diagonal", axis1, x.ndim()), b = normalize_axis("diagonal", axis2, x.ndim());
  check(a != b, "diagonal: dim1 and dim2 are both ", a);
  const Strides own = contiguous_strides(x.shape());
  Shape shape;
  Strides strides;
  for (int i = 0; i < x.ndim(); i++)
    if (i != a && i != b) {
      shape.push_back(x.shape()[i]);
      strides.push_back(own[i]);
    }
  const int64_t rows = x.shape()[a], cols = x.shape()[b];
  const int64_t down = offset < -rows ? rows : std::max<int64_t>(-offset, 0),
                right = std::clamp<int64_t>(offset, 0, cols);
  shape.push_back(std::max<int64_t>(0, std::min(rows - down, cols - right)));
  strides.push_back(own[a] + own[b]);
  return strided("diagonal", x, shape, strides, down * own[a] + right * own[b]);
}

Tensor diag(const Tensor& x, int64_t offset) {
  if (x.ndim() == 2) return diagonal(x, offset, 0, 1);
  check(x.ndim() == 1, "diag: expected a vector or a matrix, got shape ", x.shape());
  const int64_t n = x.numel(), most = int64_t(1) << 32;  // no memory holds a matrix with a side of 2^32
  check(offset > -most && offset < most && n < most, "diag: a vector of ", n, " elements on diagonal ",
        offset, " makes a matrix larger than memory can hold");
  const int64_t size = n + std::abs(offset);
  Tensor y = made("diag", {size, size}, x.dtype(), x.device());
  fill_(y, 0);
  const int64_t start = offset >= 0 ? offset : -offset * size;
  copy_strided(x, y, x.shape(), {1}, {size + 1}, 0, start);
  if (Tape tape{x})
    tape.record("diag", y,
                [offset](const Tensor& dy, InputGrads& dx) { dx[0] = diagonal(dy, offset, 0, 1); });
  return y;
}

}  // namespace nncore::ops
