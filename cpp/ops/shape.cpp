#include "shape.h"

#include <array>
#include <numeric>

#include "../autograd/tape.h"
#include "../backend/backend.h"
#include "../backend/kernels/copy.h"
#include "../backend/kernels/elementwise.h"
#include "create.h"
#include "made.h"
#include "reduce.h"
#include "strided.h"

namespace nncore::ops {

namespace {

// Merges neighbouring axes if both sides step through them with one stride, so that rows are as long as
// possible.
void set_axes(Copy& k, const Shape& size, const Strides& src, const Strides& dst) {
  for (int i = 0; i < size.ndim(); i++) {
    if (size[i] == 1) continue;
    const int last = k.ndim - 1;
    if (last >= 0 && k.src_stride[last] == src[i] * size[i] && k.dst_stride[last] == dst[i] * size[i]) {
      k.size[last] *= size[i];
      k.src_stride[last] = src[i];
      k.dst_stride[last] = dst[i];
      continue;
    }
    k.size[k.ndim] = size[i];
    k.src_stride[k.ndim] = src[i];
    k.dst_stride[k.ndim++] = dst[i];
  }
  if (k.ndim == 0) {
    k.size[0] = k.src_stride[0] = k.dst_stride[0] = 1;
    k.ndim = 1;
  }
}

// y = x read with the given strides.
Tensor gathered(const Tensor& x, const Shape& shape, const Strides& strides, int64_t start = 0) {
  Tensor y = empty(shape, x);
  copy_strided(x, y, shape, strides, contiguous_strides(shape), start, 0);
  return y;
}

// Whether the axes longer than 1 keep their order.
bool keeps_order(const Shape& shape, std::span<const int64_t> axes) {
  int64_t last = -1;
  for (int64_t axis : axes) {
    if (shape[int(axis)] == 1) continue;
    if (axis < last) return false;
    last = axis;
  }
  return true;
}

}  // namespace

void copy_strided(const Tensor& from, const Tensor& to, const Shape& size, const Strides& src,
                  const Strides& dst, int64_t src_start, int64_t dst_start, bool accumulate) {
  if (size.numel() == 0) return;
  Copy k = {.src = from,
            .dst = to,
            .ndim = 0,
            .accumulate = accumulate,
            .src_start = src_start,
            .dst_start = dst_start};
  set_axes(k, size, src, dst);
  submit(k);
}

Tensor strided(const char* op, const Tensor& x, const Shape& shape, const Strides& strides, int64_t start) {
  Tensor y = gathered(x, shape, strides, start);
  if (Tape tape{x})
    tape.record(op, y, [from = x.shape(), strides, start](const Tensor& dy, InputGrads& dx) {
      dx[0] = zeros(from, dy);
      copy_strided(dy, dx[0], dy.shape(), contiguous_strides(dy.shape()), strides, 0, start);
    });
  return y;
}

Tensor reshape(const Tensor& x, Shape shape) {
  int free = -1;
  int64_t known = 1;
  for (int i = 0; i < shape.ndim(); i++) {
    check(shape[i] >= -1, "reshape: size ", shape[i], " in ", shape, " is negative; only one size may be -1");
    if (shape[i] == -1) {
      check(free < 0, "reshape: more than one -1 in ", shape, "; only one size can be inferred");
      free = i;
    } else {
      check(!__builtin_mul_overflow(known, shape[i], &known), "reshape: shape ", shape, " is too large");
    }
  }
  if (free >= 0) {
    check(known != 0 && x.numel() % known == 0, "reshape: ", x.shape(), " with ", x.numel(),
          " elements does not fill ", shape, "; the given sizes must divide the number of elements");
    shape[free] = x.numel() / known;
  }
  check_sizes("reshape", shape, size_of(x.dtype()));
  check(shape.numel() == x.numel(), "reshape: ", x.shape(), " has ", x.numel(), " elements but ", shape,
        " has ", shape.numel(), "; the sizes must multiply to the number of elements");
  Tensor y = x.alias(shape);
  if (Tape tape{x})
    tape.record("reshape", y,
                [shape = x.shape()](const Tensor& dy, InputGrads& dx) { dx[0] = dy.alias(shape); });
  return y;
}

Tensor permute(const Tensor& x, std::span<const int64_t> axes) {
  const int ndim = x.ndim();
  check(int(axes.size()) == ndim, "permute: ", axes.size(), " axes given for a tensor of shape ", x.shape(),
        "; give each of its ", ndim, " axes once");
  std::array<int64_t, Shape::max_ndim> inverse;
  inverse.fill(-1);
  const Strides own = contiguous_strides(x.shape());
  Shape shape;
  Strides strides;
  for (int i = 0; i < ndim; i++) {
    const int axis = normalize_axis("permute", axes[i], ndim);
    check(inverse[axis] < 0, "permute: axis ", axis, " is given twice; give each axis once");
    inverse[axis] = i;
    shape.push_back(x.shape()[axis]);
    strides.push_back(own[axis]);
  }
  std::array<int64_t, Shape::max_ndim> order;
  for (int i = 0; i < ndim; i++) order[inverse[i]] = i;
  if (keeps_order(x.shape(), std::span(order).first(ndim))) return reshape(x, shape);
  Tensor y = gathered(x, shape, strides);
  if (Tape tape{x})
    tape.record("permute", y, [inverse, ndim](const Tensor& dy, InputGrads& dx) {
      dx[0] = permute(dy, std::span(inverse).first(ndim));
    });
  return y;
}

Tensor transpose(const Tensor& x, int64_t axis0, int64_t axis1) {
  std::array<int64_t, Shape::max_ndim> axes;
  std::iota(axes.begin(), axes.end(), 0);
  const int from = normalize_axis("transpose", axis0, x.ndim()),
            to = normalize_axis("transpose", axis1, x.ndim());
  if (x.ndim() > 0) std::swap(axes[from], axes[to]);
  return permute(x, std::span(axes).first(x.ndim()));
}

Tensor expand(const Tensor& x, const Shape& wanted) {
  check(wanted.ndim() >= x.ndim(), "expand: ", x.shape(), " has more axes than ", wanted);
  Shape shape = wanted;
  const int lead = wanted.ndim() - x.ndim();
  for (int i = 0; i < shape.ndim(); i++) {
    const int64_t own = i < lead ? 1 : x.shape()[i - lead];
    if (shape[i] == -1 && i >= lead) shape[i] = own;
    check(shape[i] >= 0 && (own == 1 || own == shape[i]), "expand: ", x.shape(), " cannot be broadcast to ",
          wanted, ": only axes of size 1 can grow");
  }
  Tensor y = made("expand", shape, x.dtype(), x.device());
  copy_strided(x, y, shape, broadcast_strides(x.shape(), shape), contiguous_strides(shape), 0, 0);
  if (Tape tape{x})
    tape.record("expand", y,
                [shape = x.shape()](const Tensor& dy, InputGrads& dx) { dx[0] = sum_to(dy, shape); });
  return y;
}

Tensor squeeze(const Tensor& x, std::optional<std::span<const int64_t>> axes) {
  std::array<bool, Shape::max_ndim> goes;
  goes.fill(!axes);
  if (axes)
    for (const int64_t axis : *axes) goes[size_t(normalize_axis("squeeze", axis, x.ndim()))] = true;
  Shape shape;
  for (int i = 0; i < x.ndim(); i++)
    if (x.shape()[i] != 1 || !goes[size_t(i)]) shape.push_back(x.shape()[i]);
  return reshape(x, shape);
}

Tensor unsqueeze(const Tensor& x, int64_t axis) {
  const int at = normalize_axis("unsqueeze", axis, x.ndim() + 1);
  Shape shape;
  for (int i = 0; i <= x.ndim(); i++) {
    if (i == at) shape.push_back(1);
    if (i < x.ndim()) shape.push_back(x.shape()[i]);
  }
  return reshape(x, shape);
}

Tensor flatten(const Tensor& x, int64_t first, int64_t last) {
  const int a = normalize_axis("flatten", first, x.ndim()), b = normalize_axis("flatten", last, x.ndim());
  check(a <= b, "flatten: start_dim ", first, " comes after end_dim ", last);
  Shape shape;
  for (int i = 0; i < a; i++) shape.push_back(x.shape()[i]);
  shape.push_back(x.shape().span(a, std::min(b + 1, x.ndim())));
  for (int i = b + 1; i < x.ndim(); i++) shape.push_back(x.shape()[i]);
  return reshape(x, shape);
}

Tensor slice(const Tensor& x, std::span<const Slice> slices) {
  const Strides own = contiguous_strides(x.shape());
  Shape shape;
  Strides strides;
  int64_t start = 0;
  for (int i = 0; i < x.ndim(); i++) {
    shape.push_back(slices[i].count);
    strides.push_back(slices[i].count > 1 ? own[i] * slices[i].step
                                          : 0);  // the step of one element does not matter
    start += own[i] * slices[i].start;
  }
  return strided("slice", x, shape, strides, start);
}

Tensor cat(std::span<const Tensor> xs, int64_t axis) {
  check(!xs.empty(), "cat: expected at least one tensor");
  const auto is_skipped = [](const Tensor& x) { return x.shape() == Shape{0}; };  // as in PyTorch
  const size_t first = size_t(std::find_if_not(xs.begin(), xs.end(), is_skipped) - xs.begin()) % xs.size();
  const int at = normalize_axis("cat", axis, xs[first].ndim());
  DType dtype = xs[0].dtype();
  for (const Tensor& x : xs) dtype = promote(dtype, x.dtype());
  Shape shape = xs[first].shape();
  check(shape.ndim() > 0, "cat: 0-dimensional tensors cannot be joined; use stack");
  for (size_t i = first + 1; i < xs.size(); i++) {
    if (is_skipped(xs[i])) continue;
    Shape other = xs[i].shape();
    check(other.ndim() == shape.ndim(), "cat: tensor ", i, " has shape ", other, " but tensor ", first,
          " has ", xs[first].shape(), "; they need the same number of axes");
    for (int d = 0; d < shape.ndim(); d++)
      check(d == at || other[d] == shape[d], "cat: tensor ", i, " has shape ", other, " but tensor ", first,
            " has ", xs[first].shape(), "; only axis ", at, " may differ");
    check(!__builtin_add_overflow(shape[at], other[at], &shape[at]), "cat: axis ", at,
          " of the result is longer than memory can hold");
  }
  Tensor y = made("cat", shape, dtype, xs[0].device());
  std::vector<Tensor> parts;
  for (const Tensor& x : xs) parts.push_back(cast(x, dtype));
  const Strides strides = contiguous_strides(shape);
  int64_t start = 0;
  for (const Tensor& x : parts) {
    if (is_skipped(x)) continue;
    copy_strided(x, y, x.shape(), contiguous_strides(x.shape()), strides, 0, start * strides[at]);
    start += x.shape()[at];
  }
  if (Tape tape{std::span<const Tensor>(parts)}) {
    std::vector<Shape> shapes;
    for (const Tensor& x : parts) shapes.push_back(x.shape());
    tape.record("cat", y, [shapes, at](const Tensor& dy, InputGrads& dx) {
      std::array<Slice, Shape::max_ndim> slices;
      for (int d = 0; d < dy.ndim(); d++) slices[d] = {0, 1, dy.shape()[d]};
      int64_t start = 0;
      for (size_t i = 0; i < shapes.size(); i++) {
        const int64_t size = shapes[i].numel() ? shapes[i][at] : 0;
        slices[at] = {start, 1, size};
        if (dx.needs(i)) dx[i] = slice(dy, slices).alias(shapes[i]);
        start += size;
      }
    });
  }
  return y;
}

Tensor stack(std::span<const Tensor> xs, int64_t axis) {
  check(!xs.empty(), "stack: expected at least one tensor");
  std::vector<Tensor> parts;
  for (const Tensor& x : xs) {
    check(x.shape() == xs[0].shape(), "stack: shapes ", x.shape(), " and ", xs[0].shape(),
          " differ; they must be equal");
    parts.push_back(unsqueeze(x, axis));
  }
  return cat(parts, normalize_axis("stack", axis, xs[0].ndim() + 1));
}

Tensor clone(const Tensor& x) {
  Tensor y = gathered(x, x.shape(), contiguous_strides(x.shape()));
  if (Tape tape{x}) tape.record("clone", y, [](const Tensor& dy, InputGrads& dx) { dx[0] = dy; });
  return y;
}

Tensor cast(const Tensor& x, DType dtype) {
  if (x.dtype() == dtype) return x;
  Tensor y = empty(x.shape(), dtype, x);
  submit(Cast{.x = x, .y = y, .n = x.numel()});
  if (is_floating(dtype))
    if (Tape tape{x})
      tape.record("to", y, [from = x.dtype()](const Tensor& dy, InputGrads& dx) { dx[0] = cast(dy, from); });
  return y;
}

Tensor sum_to(const Tensor& x, const Shape& shape) {
  if (x.shape() == shape) return x;
  const int lead = x.ndim() - shape.ndim();
  std::vector<int64_t> axes;
  for (int i = 0; i < x.ndim(); i++)
    if (i < lead || (shape[i - lead] == 1 && x.shape()[i] != 1)) axes.push_back(i);
  return sum(x, axes, true).alias(shape);
}

}  // namespace nncore::ops
