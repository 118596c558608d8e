#include "index.h"

#include <cmath>

#include "../autograd/tape.h"
#include "../backend/backend.h"
#include "../backend/kernels/index.h"
#include "../backend/kernels/mask.h"
#include "axes.h"
#include "composed/composed.h"
#include "create.h"
#include "elementwise.h"
#include "made.h"
#include "reduce.h"
#include "shape.h"
#include "strided.h"

namespace nncore::ops {

namespace {

void check_index_type(const char* op, const Tensor& index) {
  check<TypeError>(!is_floating(index.dtype()) && index.dtype() != DType::boolean, op,
                   ": an index tensor must be int64, int32 or uint8, got ", index.dtype());
}

// Adds src to y at the positions `index` along the axis.
void add_rows(const char* op, const Tensor& y, int axis, const Tensor& index, const Tensor& src, bool wrap) {
  const AxisView v(y.shape(), axis);
  submit(ScatterAddRows{.index = index,
                        .src = src,
                        .y = y,
                        .op = op,
                        .outer = v.outer,
                        .rows = v.n,
                        .cols = v.inner,
                        .count = index.numel(),
                        .wrap = wrap});
}

Tensor take_rows(const char* op, const Tensor& x, int axis, const Tensor& index, const Shape& shape,
                 bool wrap) {
  const AxisView v(x.shape(), axis);
  Tensor y = empty(shape, x);
  submit(GatherRows{.x = x,
                    .index = index,
                    .y = y,
                    .op = op,
                    .outer = v.outer,
                    .rows = v.n,
                    .cols = v.inner,
                    .count = index.numel(),
                    .wrap = wrap});
  if (Tape tape{x})
    tape.record(op, y,
                [op, from = x.shape(), axis, index = index.saved(), wrap](const Tensor& dy, InputGrads& dx) {
                  dx[0] = zeros(from, dy);
                  add_rows(op, dx[0], axis, index, dy, wrap);
                });
  return y;
}

// Checks the index of gather and scatter: as many axes as x, each no longer than in x except along `axis`.
void check_axis_index(const char* op, const Tensor& x, const Tensor& index, int axis) {
  check_index_type(op, index);
  check(index.ndim() == x.ndim(), op, ": index has shape ", index.shape(), " but the tensor has ", x.shape(),
        "; they need the same number of axes");
  for (int d = 0; d < x.ndim(); d++)
    check(d == axis || index.shape()[d] <= x.shape()[d], op, ": index ", index.shape(), " is longer than ",
          x.shape(), " along axis ", d, "; it may be longer along axis ", axis, " only");
}

// The part of x that an index of this shape can reach: the index's sizes, but all of x along the axis.
Tensor reachable(const Tensor& x, const Shape& index, int axis) {
  std::array<Slice, Shape::max_ndim> slices;
  bool whole = true;
  for (int d = 0; d < x.ndim(); d++) {
    slices[d] = {0, 1, d == axis ? x.shape()[d] : index[d]};
    whole = whole && slices[d].count == x.shape()[d];
  }
  return whole ? x : slice(x, slices);
}

void scatter_into(const char* op, const Tensor& y, int axis, const Tensor& index, const Tensor& src,
                  bool wrap, bool add) {
  const AxisView v(y.shape(), axis);
  submit(ScatterAxis{.index = index,
                     .src = src,
                     .y = y,
                     .op = op,
                     .outer = v.outer,
                     .n = v.n,
                     .inner = v.inner,
                     .count = AxisView(index.shape(), axis).n,
                     .wrap = wrap,
                     .add = add,
                     .single = src.ndim() == 0 && index.ndim() > 0});
}

Tensor gather_all(const char* op, const Tensor& x, int axis, const Tensor& index, bool wrap) {
  const AxisView v(x.shape(), axis);
  Tensor y = empty(index.shape(), x);
  submit(GatherAxis{.x = x,
                    .index = index,
                    .y = y,
                    .op = op,
                    .outer = v.outer,
                    .n = v.n,
                    .inner = v.inner,
                    .count = AxisView(index.shape(), axis).n,
                    .wrap = wrap});
  if (Tape tape{x})
    tape.record(op, y,
                [op, from = x.shape(), axis, index = index.saved(), wrap](const Tensor& dy, InputGrads& dx) {
                  dx[0] = zeros(from, dy);
                  scatter_into(op, dx[0], axis, index, dy, wrap, true);
                });
  return y;
}

}  // namespace

Tensor take_axis(const char* op, const Tensor& x, int axis, const Tensor& index, bool wrap) {
  check_index_type(op, index);
  check<IndexError>(x.ndim() > 0, op, ": a 0-dimensional tensor cannot be indexed");
  Shape shape;
  for (int i = 0; i < axis; i++) shape.push_back(x.shape()[i]);
  for (int64_t size : index.shape()) shape.push_back(size);
  for (int i = axis + 1; i < x.ndim(); i++) shape.push_back(x.shape()[i]);
  return take_rows(op, x, axis, index, shape, wrap);
}

Tensor index_select(const Tensor& x, int64_t axis, const Tensor& index) {
  check(index.ndim() <= 1, "index_select: index has shape ", index.shape(), "; expected one axis");
  const int at = normalize_axis("index_select", axis, x.ndim());
  return take_axis("index_select", x, at, index.ndim() ? index : index.alias({1}), false);
}

Tensor index_add(const Tensor& x, int64_t axis, const Tensor& index, const Tensor& source, double alpha) {
  const int at = normalize_axis("index_add", axis, x.ndim());
  check_index_type("index_add", index);
  check(index.ndim() == 1, "index_add: index has shape ", index.shape(), "; expected one axis");
  Shape expected = x.shape();
  if (x.ndim() > 0) expected[at] = index.numel();
  check(source.shape() == expected, "index_add: source has shape ", source.shape(), " but ", x.shape(),
        " and ", index.numel(), " indices along axis ", at, " need ", expected);
  check<TypeError>(source.dtype() == x.dtype(), "index_add: source is ", source.dtype(),
                   " but the tensor is ", x.dtype(), "; convert one of them with .to()");
  check(is_floating(x.dtype()) || (std::trunc(alpha) == alpha && std::fabs(alpha) < 0x1p53),
        "index_add: alpha is ", alpha, " but ", x.dtype(), " tensors need an integer");
  const Tensor scaled = alpha == 1 ? source
                        : is_floating(x.dtype())
                            ? multiply(source, alpha)
                            : multiply(source, full_integer({}, int64_t(alpha), x.dtype(), x.device()));
  Tensor y = clone(x.detach());
  add_rows("index_add", y, at, index, scaled, false);
  if (Tape tape{x, scaled})
    tape.record("index_add", y, [index = index.saved(), at, expected](const Tensor& dy, InputGrads& d) {
      if (d.needs(0)) d[0] = dy;
      if (d.needs(1)) d[1] = take_rows("index_add", dy, at, index, expected, false);
    });
  return y;
}

Tensor index_copy(const char* op, const Tensor& x, int64_t axis, const Tensor& index, const Tensor& source) {
  if (x.ndim() == 0) {
    const int64_t at = normalize_axis(op, axis, 0);
    const Tensor row = source.ndim() == 0 ? source : reshape(source, {1});
    return reshape(index_copy(op, reshape(x, {1}), at, index, row), {});
  }
  const int at = normalize_axis(op, axis, x.ndim());
  check_index_type(op, index);
  check(index.ndim() <= 1, op, ": index has shape ", index.shape(), "; expected one axis");
  Shape column, expected = x.shape();
  for (int d = 0; d < x.ndim(); d++) column.push_back(d == at ? index.numel() : 1);
  expected[at] = index.numel();
  check(source.ndim() == 0 || source.shape() == expected, op, ": source has shape ", source.shape(), " but ",
        x.shape(), " and ", index.numel(), " indices along axis ", at, " need ", expected);
  return scatter(op, x, at, expand(index.alias(column), expected), source, false);
}

Tensor take(const Tensor& x, const Tensor& index) {
  check_index_type("take", index);
  return take_axis("take", reshape(x, {x.numel()}), 0, index, true);
}

Tensor index_axes(const Tensor& x, int first, std::span<const Tensor> indices) {
  const int count = int(indices.size());
  if (count == 1) return take_axis("index", x, first, indices[0], true);
  Shape shape;
  for (const Tensor& index : indices) {
    check_index_type("index", index);
    shape = broadcast("index", shape, index.shape());
  }
  check(count <= max_axes, "index: more than ", max_axes, " index tensors");
  const Tensor flat = empty(shape, DType::int64, x);
  RavelIndex ravel = {.flat = flat, .n = flat.numel(), .ndim = count, .first_axis = first};
  std::vector<Tensor> wide;
  for (int d = 0; d < count; d++) {
    const Tensor exact = cast(indices[size_t(d)].detach(), DType::int64);
    wide.push_back(exact.shape() == shape ? exact : expand(exact, shape));
    ravel.index[d] = wide.back();
    ravel.size[d] = x.shape()[first + d];
  }
  submit(ravel);
  Shape joined;
  for (int i = 0; i < first; i++) joined.push_back(x.shape()[i]);
  joined.push_back(x.shape().span(first, first + count));
  for (int i = first + count; i < x.ndim(); i++) joined.push_back(x.shape()[i]);
  return take_axis("index", reshape(x, joined), first, flat, true);
}

Tensor gather(const Tensor& x, int64_t axis, const Tensor& index) {
  const int at = normalize_axis("gather", axis, x.ndim());
  check_axis_index("gather", x, index, at);
  return gather_all("gather", reachable(x, index.shape(), at), at, index, false);
}

Tensor take_along_axis(const Tensor& x, const Tensor& index, std::optional<int64_t> axis) {
  if (!axis) return take_along_axis(reshape(x, {x.numel()}), index.alias({index.numel()}), 0);
  const int at = normalize_axis("take_along_dim", *axis, x.ndim());
  check_index_type("take_along_dim", index);
  check(index.ndim() == x.ndim(), "take_along_dim: indices have shape ", index.shape(),
        " but the tensor has ", x.shape(), "; they need the same number of axes");
  Shape a = x.shape(), b = index.shape();
  a[at] = b[at] = 1;
  Shape from = broadcast("take_along_dim", a, b), to = from;
  from[at] = x.shape()[at];
  to[at] = index.shape()[at];
  return gather_all("take_along_dim", from == x.shape() ? x : expand(x, from), at,
                    to == index.shape() ? index : expand(index, to), true);
}

Tensor scatter(const char* op, const Tensor& x, int64_t axis, const Tensor& index, const Tensor& src,
               bool add) {
  const int at = normalize_axis(op, axis, x.ndim());
  check_axis_index(op, x, index, at);
  check<TypeError>(src.dtype() == x.dtype(), op, ": src is ", src.dtype(), " but the tensor is ", x.dtype(),
                   "; convert one of them with .to()");
  const bool single = src.ndim() == 0;
  check(single || src.ndim() == index.ndim(), op, ": src has shape ", src.shape(), " but index has ",
        index.shape());
  for (int d = 0; !single && d < index.ndim(); d++)
    check(index.shape()[d] <= src.shape()[d], op, ": index ", index.shape(), " is longer than src ",
          src.shape(), " along axis ", d);
  const Tensor source = single ? src : reachable(src, index.shape(), src.ndim());
  Tensor y = clone(x.detach());
  Tensor part = reachable(y, index.shape(), at);
  scatter_into(op, part, at, index, source, false, add);
  if (!(part.shape() == y.shape())) {
    const Strides to = contiguous_strides(y.shape());
    copy_strided(part, y, part.shape(), contiguous_strides(part.shape()), to, 0, 0);
  }
  if (Tape tape{x, source})
    tape.record(op, y,
                [index = index.saved(), at, add, op, from = source.shape()](const Tensor& dy, InputGrads& d) {
                  const Tensor zero = zeros({}, dy);
                  if (d.needs(0)) d[0] = add ? dy : scatter(op, dy, at, index, zero, false);
                  if (d.needs(1)) d[1] = sum_to(gather(dy, at, index), from);
                });
  return y;
}

Tensor masked_fill(const Tensor& x, const Tensor& mask, FillValue value, bool where_true) {
  check<TypeError>(mask.dtype() == DType::boolean, "masked_fill: mask is ", mask.dtype(),
                   "; expected bool, e.g. from a comparison");
  if (!runs<MaskedFill>(x)) return composed::masked_fill(x, mask, value, where_true);
  const Shape shape = broadcast("masked_fill", x.shape(), mask.shape());
  Tensor y = empty(shape, x);
  submit(MaskedFill{.x = x,
                    .mask = mask,
                    .y = y,
                    .n = y.numel(),
                    .fills = where_true,
                    .value = value.real,
                    .int_value = value.integer,
                    .loop = merged_loop(shape, {&x, &mask})});
  if (Tape tape{x})
    tape.record("masked_fill", y,
                [mask = mask.saved(), where_true, from = x.shape()](const Tensor& dy, InputGrads& dx) {
                  dx[0] = sum_to(masked_fill(dy, mask, {0, 0}, where_true), from);
                });
  return y;
}

namespace {

// The indices of all nonzero elements: (ndim, count) if by_axis, else (count, ndim).
Tensor find(const Tensor& x, bool by_axis) {
  host_reads("nonzero: its shape depends on values");
  const int64_t chunks = std::max<int64_t>(1, nonzero_chunks(x.numel()));
  const Tensor counts = empty({chunks}, DType::int64, x);
  submit(NonzeroCount{.x = x, .counts = counts, .n = x.numel()});
  const int64_t found = counts.value_at<int64_t>(chunks - 1);
  Tensor y = empty(by_axis ? Shape{x.ndim(), found} : Shape{found, x.ndim()}, DType::int64, x);
  NonzeroFill fill = {.x = x,
                      .counts = counts,
                      .y = y,
                      .n = x.numel(),
                      .ndim = x.ndim(),
                      .found_stride = by_axis ? 1 : x.ndim(),
                      .axis_stride = by_axis ? found : 1};
  for (int d = 0; d < x.ndim(); d++) fill.size[d] = x.shape()[d];
  submit(fill);
  return y;
}

}  // namespace

Tensor nonzero(const Tensor& x) { return find(x, false); }

std::vector<Tensor> nonzero_by_axis(const Tensor& x) {
  const Tensor all = find(x.ndim() ? x : x.alias({1}), true);
  const int64_t found = all.size(1);
  std::vector<Tensor> axes;
  for (int64_t d = 0; d < all.size(0); d++)
    axes.push_back(
        Tensor(all.impl()->storage, all.impl()->byte_offset + 8 * d * found, {found}, DType::int64));
  return axes;
}

Tensor masked_select(const Tensor& x, const Tensor& mask) {
  check<TypeError>(mask.dtype() == DType::boolean, "masked_select: mask is ", mask.dtype(),
                   "; expected bool");
  const Shape shape = broadcast("masked_select", x.shape(), mask.shape());
  const Tensor wide = mask.shape() == shape ? mask : expand(mask, shape);
  const Tensor values = x.shape() == shape ? x : expand(x, shape);
  return take(values, nonzero_by_axis(wide.alias({wide.numel()}))[0]);
}

Tensor one_hot(const Tensor& x, int64_t classes) {
  check_index_type("one_hot", x);
  if (classes == -1) {
    host_reads("one_hot: the number of classes was not given");
    check(x.numel() > 0, "one_hot: an empty tensor does not tell the number of classes; give num_classes");
    const int64_t largest = cast(extreme_all(x.detach(), true), DType::int64).value_at<int64_t>(0);
    check(largest < INT64_MAX, "one_hot: class ", largest, " is too large");
    classes = 1 + largest;
  }
  check(classes > 0, "one_hot: num_classes is ", classes, " but must be 1 or more, or -1");
  if (!runs<OneHot>(x)) return composed::one_hot(x, classes);
  Shape shape = x.shape();
  shape.push_back(classes);
  Tensor y = made("one_hot", shape, DType::int64, x.device());
  submit(OneHot{.x = x, .y = y, .n = x.numel(), .classes = classes});
  return y;
}

Tensor triangle(const Tensor& x, int64_t diagonal, bool lower) {
  const char* op = lower ? "tril" : "triu";
  check(x.ndim() >= 2, op, ": shape ", x.shape(), " has no rows and columns; expected two axes or more");
  const int64_t bound = int64_t(1) << 40;  // larger than any matrix
  diagonal = std::clamp(diagonal, -bound, bound);
  if (!runs<Triangle>(x)) return composed::triangle(x, diagonal, lower);
  Tensor y = empty_like(x);
  submit(Triangle{.x = x,
                  .y = y,
                  .batch = x.shape().span(0, x.ndim() - 2),
                  .rows = x.size(-2),
                  .cols = x.size(-1),
                  .diagonal = diagonal,
                  .lower = lower});
  if (Tape tape{x})
    tape.record(op, y, [diagonal, lower](const Tensor& dy, InputGrads& dx) {
      dx[0] = triangle(dy, diagonal, lower);
    });
  return y;
}

}  // namespace nncore::ops
