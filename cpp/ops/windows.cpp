#include "windows.h"

#include "rows.h"

namespace nncore::ops {

namespace {

struct Rule {
  bool may_overhang;  // windows may extend beyond the padded plane; the padding is at most half a window
};

// The windows along axis i of `axes`, which has n elements.
PoolAxis axis_of(const char* op, int64_t n, int axes, int i, const WindowSizes& s, Rule rule) {
  PoolAxis a = {.in = n,
                .kernel = size_along(op, "kernel_size", s.kernel, axes, i, 1),
                .padding = size_along(op, "padding", s.padding, axes, i, 0),
                .dilation = size_along(op, "dilation", s.dilation, axes, i, 1)};
  a.stride = s.stride.ndim() ? size_along(op, "stride", s.stride, axes, i, 1) : a.kernel;
  const int64_t reach = (a.kernel - 1) * a.dilation + 1, padded = n + 2 * a.padding;
  if (rule.may_overhang)
    check(a.padding <= a.kernel / 2, op, ": padding is ", a.padding, " but can be at most ", a.kernel / 2,
          ", half of kernel_size ", a.kernel, "; nn.functional.pad() adds more");
  const int64_t more = padded - reach + (s.ceil_mode ? a.stride - 1 : 0);
  check(more >= 0, op, ": a window spans ", reach, " elements (kernel_size ", a.kernel, ", dilation ",
        a.dilation, ") but an axis of the input has ", n, " elements and padding ", a.padding,
        " at both ends; use a smaller kernel, a smaller dilation or more padding");
  a.out = more / a.stride + 1;
  if (s.ceil_mode && (a.out - 1) * a.stride >= n + a.padding) a.out--;  // it would begin after the input
  if (!rule.may_overhang) return a;
  for (int64_t o = 0; o < a.out && o * a.stride < a.padding; o++) {
    const Window w = a.window(Placement::strided, o, 0.f);
    check(w.begin < w.end, op, ": with kernel_size ", a.kernel, ", dilation ", a.dilation, " and padding ",
          a.padding, " window ", o, " of an axis of ", n,
          " elements is in the padding; use a smaller dilation or less padding");
  }
  a.kernel = std::min(a.kernel, (padded - 1) / a.dilation + 1);
  return a;
}

PoolShape shape_of(const Tensor& x, int axes, Placement placement) {
  return {.planes = x.shape().span(0, x.ndim() - axes), .placement = placement, .axes = {}};
}

}  // namespace

int64_t size_along(const char* op, const char* name, const Shape& sizes, int axes, int i, int64_t least) {
  check(sizes.ndim() == 1 || sizes.ndim() == axes, op, ": ", name, " is ", sizes, "; expected one number or ",
        axes);
  const int64_t size = sizes[sizes.ndim() == 1 ? 0 : i];
  check(size >= least && size <= most_along, op, ": ", name, " is ", size, " but must be ",
        least ? "at least 1" : "0 or more", " and at most ", most_along);
  return size;
}

void check_planes(const char* op, const Tensor& x, int axes) {
  check(x.ndim() == axes + 1 || x.ndim() == axes + 2, op, ": the input has shape ", x.shape(), "; expected ",
        plane_layouts[axes - 1]);
  float_only(op, "the input", x);
  for (int i = 1; i <= axes; i++)
    check(x.shape().back(i) > 0, op, ": the input has shape ", x.shape(),
          ", so its planes are empty; expected ", plane_layouts[axes - 1],
          " with sizes of 1 or more after C");
}

Shape pooled_shape(const Tensor& x, int axes, const PoolShape& s) {
  Shape shape = x.shape();
  for (int i = 0; i < axes; i++) shape[x.ndim() - axes + i] = s.axes[3 - axes + i].out;
  return shape;
}

PoolShape pool_windows(const char* op, const Tensor& x, int axes, const WindowSizes& sizes) {
  check_planes(op, x, axes);
  PoolShape s = shape_of(x, axes, Placement::strided);
  for (int i = 0; i < axes; i++)
    s.axes[3 - axes + i] = axis_of(op, x.size(i - axes), axes, i, sizes, {.may_overhang = true});
  return s;
}

PoolShape sliding_windows(const char* op, int64_t planes, const Shape& plane, const WindowSizes& sizes) {
  PoolShape s = {.planes = planes, .placement = Placement::strided, .axes = {}};
  for (int i = 0; i < 2; i++) s.axes[1 + i] = axis_of(op, plane[i], 2, i, sizes, {.may_overhang = false});
  const auto& [d, h, w] = s.axes;
  check_sizes(op, {planes, h.kernel, w.kernel, h.out, w.out}, 1);
  return s;
}

PoolShape adaptive_windows(const char* op, const Tensor& x, int axes, const OutputSizes& output) {
  check_planes(op, x, axes);
  check(output.size() == 1 || int(output.size()) == axes, op, ": output_size has ", output.size(),
        " numbers; expected one number or ", axes);
  PoolShape s = shape_of(x, axes, Placement::adaptive);
  bool even = true;
  for (int i = 0; i < axes; i++) {
    const int64_t n = x.size(i - axes), out = output[output.size() == 1 ? 0 : size_t(i)].value_or(n);
    check(out > 0 && out <= most_along, op, ": output_size is ", out, " but must be at least 1 and at most ",
          most_along);
    s.axes[3 - axes + i] = {.in = n, .out = out, .kernel = std::min(n, n / out + 2), .stride = 1};
    even = even && n % out == 0;
  }
  check_sizes(op, pooled_shape(x, axes, s), size_of(x.dtype()));
  if (!even) return s;
  s.placement = Placement::strided;
  for (PoolAxis& a : s.axes) a.kernel = a.stride = a.in / a.out;
  return s;
}

PoolShape fractional_windows(const char* op, const Tensor& x, int axes, const Shape& kernel,
                             const Shape& output) {
  check_planes(op, x, axes);
  PoolShape s = shape_of(x, axes, Placement::fractional);
  for (int i = 0; i < axes; i++) {
    PoolAxis& a = s.axes[3 - axes + i];
    a.in = x.size(i - axes);
    a.kernel = size_along(op, "kernel_size", kernel, axes, i, 1);
    a.out = size_along(op, "output_size", output, axes, i, 1);
    check(a.out + a.kernel - 1 <= a.in, op, ": output_size ", a.out, " and kernel_size ", a.kernel,
          " need an axis of at least ", a.out + a.kernel - 1, " elements, but the input has shape ",
          x.shape());
  }
  return s;
}

}  // namespace nncore::ops
