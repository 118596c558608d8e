#include "resample.h"

#include "../backend/backend.h"
#include "composed/composed.h"
#include "made.h"
#include "rows.h"

namespace nncore::ops {

namespace {

// Interpolation along one axis.
Tensor resample(const Tensor& x, int axis, int64_t size, Interpolation kind, Number scale,
                bool align_corners) {
  constexpr const char* op = "interpolate";
  const Resampling s = {.outer = x.shape().span(0, axis),
                        .n = x.shape()[axis],
                        .m = size,
                        .inner = x.shape().span(axis + 1, x.ndim()),
                        .kind = kind,
                        .scale = scale,
                        .align_corners = align_corners};
  if (!runs<ResampleFwd, ResampleBwd>(x)) return composed::resample(x, axis, s);
  Shape shape = x.shape();
  shape[axis] = size;
  Tensor y = made(op, shape, x.dtype(), x.device());
  submit(ResampleFwd{.x = x, .y = y, .shape = s});
  if (Tape tape{x})
    tape.record(op, y, [from = x.shape(), s](const Tensor& dy, InputGrads& d) {
      d[0] = empty(from, dy);
      submit(ResampleBwd{.dy = dy, .dx = d[0], .shape = s});
    });
  return y;
}

// Elements of an axis of n per element of the result, as PyTorch computes it. factor 0: from the sizes.
double scale_of(int64_t n, int64_t size, double factor, bool align_corners) {
  if (align_corners) return size > 1 ? double(n - 1) / double(size - 1) : 0;
  return factor > 0 ? 1 / factor : double(n) / double(size);
}

}  // namespace

// The last axis is first: it is the cheapest where the planes grow.
Tensor interpolate(const Tensor& x, Interpolation kind, const Shape& sizes, std::span<const double> scales,
                   bool align_corners) {
  constexpr const char* op = "interpolate";
  const int axes = sizes.ndim(), lead = x.ndim() - axes;
  float_only(op, "the input", x);
  Shape shape = x.shape();
  for (int i = 0; i < axes; i++) {
    check(shape[lead + i] > 0, op, ": the input has shape ", x.shape(),
          ", so its planes are empty; expected sizes of 1 or more after (N, C)");
    check(sizes[i] > 0, op, ": the result has size ", sizes[i], " along axis ", lead + i,
          " but must have at least 1");
    shape[lead + i] = sizes[i];
  }
  check_sizes(op, shape, size_of(x.dtype()));
  Tensor y = x;
  for (int i = axes - 1; i >= 0; i--) {
    const int64_t n = x.shape()[lead + i];
    const double scale = scale_of(n, sizes[i], scales.empty() ? 0 : scales[size_t(i)], align_corners);
    const bool same = n == sizes[i] && (scale == 1 || kind == Interpolation::linear);
    if (!same) y = resample(y, lead + i, sizes[i], kind, scale, align_corners);
  }
  return y.impl()->storage == x.impl()->storage ? clone(y) : y;
}

Tensor grid_sample(const Tensor& x, const Tensor& grid, Interpolation kind, Beyond beyond,
                   bool align_corners) {
  constexpr const char* op = "grid_sample";
  const int axes = x.ndim() - 2;
  check(axes == 2 || axes == 3, op, ": the input has shape ", x.shape(),
        "; expected (N, C, H, W) or (N, C, D, H, W)");
  float_only(op, "the input", x);
  check<TypeError>(grid.dtype() == x.dtype(), op, ": the grid is ", grid.dtype(), " but the input is ",
                   x.dtype(), "; convert one of them with .to()");
  check(grid.ndim() == x.ndim() && grid.size(0) == x.size(0) && grid.size(-1) == axes, op,
        ": the grid has shape ", grid.shape(), " but the input ", x.shape(), " needs ",
        axes == 2 ? "(N, h, w, 2)" : "(N, d, h, w, 3)", " with N = ", x.size(0));
  check(kind != Interpolation::cubic || axes == 2, op, ": mode 'bicubic' needs an input (N, C, H, W), got ",
        x.shape());
  Sampling s = {.batch = x.size(0),
                .channels = x.size(1),
                .sizes = {1, x.size(-2), x.size(-1)},
                .points = grid.shape().span(1, axes + 1),
                .axes = axes,
                .kind = kind,
                .beyond = beyond,
                .align_corners = align_corners};
  if (axes == 3) s.sizes[0] = x.size(2);
  check(s.plane() > 0, op, ": the input has shape ", x.shape(),
        ", so its planes are empty; expected sizes of 1 or more after (N, C)");
  Shape shape = {s.batch, s.channels};
  for (int i = 1; i <= axes; i++) shape.push_back(grid.shape()[i]);
  if (!runs<GridSampleFwd, GridSampleBwd>(x)) {
    check_sizes(op, shape, size_of(x.dtype()));
    return composed::grid_sample(x, grid, shape, s);
  }
  Tensor y = made(op, shape, x.dtype(), x.device());
  submit(GridSampleFwd{.x = x, .grid = grid, .y = y, .shape = s});
  if (Tape tape{x, grid})
    tape.record(op, y, [x = x.saved(), grid = grid.saved(), s](const Tensor& dy, InputGrads& d) {
      if (d.needs(0)) d[0] = empty(x.shape(), dy);
      if (d.needs(1)) d[1] = empty(grid.shape(), dy);
      submit(GridSampleBwd{.dy = dy, .x = x, .grid = grid, .dx = d[0], .dgrid = d[1], .shape = s});
    });
  return y;
}

}  // namespace nncore::ops
