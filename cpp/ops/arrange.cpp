#include "arrange.h"

#include <array>
#include <numeric>

#include "../autograd/tape.h"
#include "../backend/backend.h"
#include "cost.h"
#include "create.h"
#include "shape.h"
#include "strided.h"

namespace nncore::ops {

namespace {

// Parts of x along an axis, each a value of its own; drop: the parts, of size 1, lose the axis.
std::vector<Tensor> parts_of(const char* op, const Tensor& x, List sizes, int at, bool drop) {
  const Strides own = contiguous_strides(x.shape());
  std::vector<Tensor> parts;
  int64_t start = 0;
  for (int64_t size : sizes) {
    Shape shape = x.shape(), result;
    shape[at] = size;
    for (int i = 0; i < x.ndim(); i++)
      if (!drop || i != at) result.push_back(shape[i]);
    parts.push_back(empty(result, x.dtype()));
    copy_strided(x, parts.back(), shape, own, contiguous_strides(shape), start * own[at], 0);
    start += size;
  }
  if (Tape tape{x})
    tape.record(op, parts,
                [from = x.shape(), at, sizes = std::vector<int64_t>(sizes.begin(), sizes.end())](
                    std::span<const Tensor> dys, InputGrads& dx) {
                  const Strides own = contiguous_strides(from);
                  bool all = true;
                  DType dtype = DType::float32;
                  for (const Tensor& dy : dys)
                    if (dy.defined())
                      dtype = dy.dtype();
                    else
                      all = false;
                  dx[0] = all ? empty(from, dtype) : zeros(from, dtype);
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

int axis_of(const char* op, const Tensor& x, int64_t axis) {
  check<IndexError>(x.ndim() > 0, op, ": a tensor without axes cannot be taken apart");
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
    check(size >= 0 && size <= x.shape()[at], "split: a part of ", size, " of axis ", at, ", whose size is ",
          x.shape()[at]);
    sum += size;
  }
  check(sum == x.shape()[at], "split: the parts sum to ", sum, " but axis ", at, " of ", x.shape(), " has ",
        x.shape()[at]);
  return parts_of("split", x, sizes, at, false);
}

std::vector<Tensor> split(const Tensor& x, int64_t size, int64_t axis) {
  const int at = axis_of("split", x, axis);
  const int64_t n = x.shape()[at];
  check(size > 0 || (size == 0 && n == 0), "split: split_size is ", size, " but must be positive");
  std::vector<int64_t> sizes;
  for (int64_t start = 0; start < n; start += size) sizes.push_back(std::min(size, n - start));
  if (sizes.empty()) sizes.push_back(0);
  return parts_of("split", x, sizes, at, false);
}

std::vector<Tensor> chunk(const Tensor& x, int64_t chunks, int64_t axis) {
  check(chunks > 0, "chunk: chunks is ", chunks, " but must be positive");
  const int64_t n = x.shape()[axis_of("chunk", x, axis)];
  return split(x, std::max<int64_t>(1, n / chunks + (n % chunks != 0)), axis);
}

std::vector<Tensor> unbind(const Tensor& x, int64_t axis) {
  const int at = axis_of("unbind", x, axis);
  return parts_of("unbind", x, std::vector<int64_t>(size_t(x.shape()[at]), 1), at, true);
}

Tensor unflatten(const Tensor& x, int64_t axis, const Shape& sizes) {
  const int at = axis_of("unflatten", x, axis);
  Shape shape;
  for (int i = 0; i < at; i++) shape.push_back(x.shape()[i]);
  int64_t known = 1;
  for (int64_t s : sizes) known *= s == -1 ? 1 : s;
  for (int64_t s : sizes) shape.push_back(s == -1 && known > 0 ? x.shape()[at] / known : s);
  check(shape.span(at, at + sizes.ndim()) == x.shape()[at], "unflatten: sizes ", sizes,
        " do not multiply to ", x.shape()[at], ", the size of axis ", at, " of ", x.shape());
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
    shape[at] += l + r;
    common[at] += std::min<int64_t>(l, 0) + std::min<int64_t>(r, 0);
    check(shape[at] >= 0, "pad: widths (", l, ", ", r, ") leave less than nothing of axis ", at, " of ",
          x.shape());
    common[at] = std::max<int64_t>(common[at], 0);
    from += std::max<int64_t>(-l, 0) * own[at];
    left[at] = std::max<int64_t>(l, 0);
  }
  Tensor y = full(shape, value, x.dtype());
  const Strides padded = contiguous_strides(shape);
  int64_t to = 0;
  for (int i = 0; i < x.ndim(); i++) to += left[i] * padded[i];
  copy_strided(x, y, common, own, padded, from, to);
  if (Tape tape{x})
    tape.record("pad", y,
                [shape = x.shape(), own, padded, common, from, to](const Tensor& dy, InputGrads& dx) {
                  dx[0] = common == shape ? empty(shape, dy.dtype()) : zeros(shape, dy.dtype());
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
    shape[at] += left + right;
    check_sizes("pad", shape, size_of(x.dtype()));
    const PadAttrs attrs = {mode, shape.span(0, at), n, shape.span(at + 1, shape.ndim()), left, right};
    const Tensor narrow = y;
    y = empty(shape, x.dtype());
    submit(Call(Kernel::pad_axis_fwd, byte_cost(int64_t(2 * y.bytes())), attrs, in(narrow), out(y)));
    if (Tape tape{narrow})
      tape.record("pad", y, [from = narrow.shape(), attrs](const Tensor& dy, InputGrads& dx) {
        dx[0] = empty(from, dy.dtype());
        submit(Call(Kernel::pad_axis_bwd, byte_cost(int64_t(2 * dy.bytes())), attrs, in(dy), out(dx[0])));
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
  return y;
}

Tensor repeat(const Tensor& x, const Shape& times) {
  Shape shape, all = times;
  for (int64_t t : times) check(t >= 0, "repeat: ", t, " times in ", times, "; must be 0 or more");
  if (times.ndim() < x.ndim()) {
    all = {};
    for (int i = times.ndim(); i < x.ndim(); i++) all.push_back(1);
    for (int64_t t : times) all.push_back(t);
  }
  for (int i = x.ndim(); i < all.ndim(); i++) shape.push_back(1);
  for (int64_t s : x.shape()) shape.push_back(s);
  Tensor y = reshape(x, shape);
  for (int i = all.ndim() - 1; i >= 0; i--) {  // axes repeated together as long as they fit
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
    check_sizes("repeat", result, size_of(x.dtype()));
    if (!(result == y.shape())) y = reshape(expand(reshape(y, cut), wide), result);
    if (first == i + 1) {  // no room at all: this axis by joining
      y = cat(std::vector<Tensor>(size_t(all[i]), y), i);
      continue;
    }
    i = first;
  }
  return y;
}

Tensor repeat_interleave(const Tensor& x, int64_t times, std::optional<int64_t> axis) {
  check(times >= 0, "repeat_interleave: repeats is ", times, " but must be 0 or more");
  if (!axis) return repeat_interleave(reshape(x, {x.numel()}), times, 0);
  const int at = axis_of("repeat_interleave", x, *axis);
  Shape shape, wide;
  for (int i = 0; i < x.ndim(); i++) {
    shape.push_back(i == at ? x.shape()[i] * times : x.shape()[i]);
    wide.push_back(x.shape()[i]);
    if (i == at) wide.push_back(times);
  }
  return reshape(expand(unsqueeze(x, at + 1), wide), shape);
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
  const int64_t down = std::clamp<int64_t>(-offset, 0, rows), right = std::clamp<int64_t>(offset, 0, cols);
  shape.push_back(std::max<int64_t>(0, std::min(rows - down, cols - right)));
  strides.push_back(own[a] + own[b]);
  return strided("diagonal", x, shape, strides, down * own[a] + right * own[b]);
}

Tensor diag(const Tensor& x, int64_t offset) {
  if (x.ndim() == 2) return diagonal(x, offset, 0, 1);
  check(x.ndim() == 1, "diag: expected a vector or a matrix, got shape ", x.shape());
  const int64_t n = x.numel(), size = n + std::abs(offset);
  Tensor y = zeros({size, size}, x.dtype());
  const int64_t start = offset >= 0 ? offset : -offset * size;
  copy_strided(x, y, x.shape(), {1}, {size + 1}, 0, start);
  if (Tape tape{x})
    tape.record("diag", y,
                [offset](const Tensor& dy, InputGrads& dx) { dx[0] = diagonal(dy, offset, 0, 1); });
  return y;
}

}  // namespace nncore::ops
