#include "pool.h"

#include <numeric>

#include "../autograd/tape.h"
#include "../backend/backend.h"
#include "arrange.h"
#include "composed/composed.h"
#include "create.h"
#include "index.h"
#include "made.h"
#include "reduce.h"
#include "rows.h"
#include "shape.h"

namespace nncore::ops {

namespace {

Pooled max_over(const char* op, const Tensor& x, int axes, const PoolShape& s, const Tensor& samples,
                bool wants_indices) {
  const Shape shape = pooled_shape(x, axes, s);
  if (!runs<MaxPoolFwd, MaxPoolBwd>(x)) return composed::max_pool(x, shape, s, samples, wants_indices);
  const bool narrow = x.dtype() == DType::float32;
  check(!narrow || s.in() <= std::numeric_limits<int32_t>::max(), op, ": the planes of the input ", x.shape(),
        " have ", s.in(), " elements; expected at most 2147483647 in float32, use float64");
  Tape tape{x};
  Tensor y = made(op, shape, x.dtype(), x.device()), index;
  if (tape || wants_indices) index = empty(shape, narrow ? DType::int32 : DType::int64, x);
  submit(MaxPoolFwd{.x = x, .samples = samples, .y = y, .index = index, .shape = s});
  if (tape)
    tape.record(op, y, [from = x.shape(), s, index = index.saved()](const Tensor& dy, InputGrads& d) {
      d[0] = empty(from, dy);
      submit(
          MaxPoolBwd{.dy = dy, .index = index, .dx = d[0], .planes = s.planes, .in = s.in(), .out = s.out()});
    });
  return {y, wants_indices ? cast(index, DType::int64) : Tensor()};
}

Tensor avg_over(const char* op, const Tensor& x, int axes, const PoolShape& s, PoolDivisor divisor) {
  const Shape shape = pooled_shape(x, axes, s);
  if (!runs<AvgPoolFwd, AvgPoolBwd>(x)) return composed::avg_pool(x, shape, s, divisor);
  Tensor y = made(op, shape, x.dtype(), x.device());
  submit(AvgPoolFwd{.x = x, .y = y, .shape = s, .divisor = divisor});
  if (Tape tape{x})
    tape.record(op, y, [from = x.shape(), s, divisor](const Tensor& dy, InputGrads& d) {
      d[0] = empty(from, dy);
      submit(AvgPoolBwd{.dy = dy, .dx = d[0], .shape = s, .divisor = divisor});
    });
  return y;
}

}  // namespace

Pooled max_pool(const char* op, const Tensor& x, int axes, const WindowSizes& sizes, bool indices) {
  return max_over(op, x, axes, pool_windows(op, x, axes, sizes), {}, indices);
}

Pooled adaptive_max_pool(const char* op, const Tensor& x, int axes, const OutputSizes& output, bool indices) {
  return max_over(op, x, axes, adaptive_windows(op, x, axes, output), {}, indices);
}

// PyTorch has the samples of two axes in reverse order.
Pooled fractional_max_pool(const char* op, const Tensor& x, int axes, const Shape& kernel,
                           const Shape& output, Tensor samples, Generator& generator, bool indices) {
  const PoolShape s = fractional_windows(op, x, axes, kernel, output);
  const Shape shape = {x.ndim() > axes + 1 ? x.size(0) : 1, x.size(-axes - 1), axes};
  if (samples.defined()) {
    check(samples.shape() == shape, op, ": _random_samples have shape ", samples.shape(), " but the input ",
          x.shape(), " needs ", shape);
    check<TypeError>(samples.dtype() == x.dtype(), op, ": _random_samples are ", samples.dtype(),
                     " but the input is ", x.dtype(), "; convert them with .to()");
    no_derivative(op, "_random_samples", samples);
  } else {
    samples = empty(shape, x);
    random_(samples, generator, Distribution::uniform, 0, 1);
  }
  constexpr int64_t last[] = {-1}, before[] = {1, 0};
  const Tensor of_axes = axes == 2 ? pad_constant(flip(samples, last), before, 0) : samples;
  return max_over(op, x, axes, s, of_axes.detach(), indices);
}

Tensor avg_pool(const char* op, const Tensor& x, int axes, const WindowSizes& sizes, PoolDivisor divisor) {
  return avg_over(op, x, axes, pool_windows(op, x, axes, sizes), divisor);
}

Tensor adaptive_avg_pool(const char* op, const Tensor& x, int axes, const OutputSizes& output) {
  const PoolShape s = adaptive_windows(op, x, axes, output);
  if (s.out() > 1) return avg_over(op, x, axes, s, {});
  constexpr int64_t last[] = {-3, -2, -1};
  return mean(x, std::span(last).last(size_t(axes)), true);
}

Tensor max_unpool(const char* op, const Tensor& x, const Tensor& indices, int axes, const WindowSizes& sizes,
                  const Shape& output) {
  check_planes(op, x, axes);
  check<TypeError>(indices.dtype() == DType::int64, op, ": indices are ", indices.dtype(),
                   "; expected int64, as max pooling returns them with return_indices=True");
  check(indices.shape() == x.shape(), op, ": indices have shape ", indices.shape(), " but the input has ",
        x.shape(), "; they must be equal");
  const int lead = x.ndim() - axes, given = output.ndim();
  check(given == 0 || given == axes || given == x.ndim(), op, ": output_size is ", output, "; expected ",
        axes, " numbers, or the whole shape of the result");
  Shape shape = x.shape();
  for (int i = 0; i < axes; i++) {
    const int64_t kernel = size_along(op, "kernel_size", sizes.kernel, axes, i, 1),
                  stride = sizes.stride.ndim() ? size_along(op, "stride", sizes.stride, axes, i, 1) : kernel,
                  padding = size_along(op, "padding", sizes.padding, axes, i, 0);
    const int64_t least = (x.shape()[lead + i] - 1) * stride + kernel - 2 * padding;
    int64_t& n = shape[lead + i];
    n = given ? output[given - axes + i] : least;
    check(n > least - stride && n < least + stride, op, ": output_size is ", output, " but size ", i,
          " must lie between ", least - stride + 1, " and ", least + stride - 1,
          " for this input, kernel_size, stride and padding");
    check(n > 0, op, ": the result has size ", n, " along axis ", lead + i,
          "; expected at least 1, use less padding or a larger kernel");
  }
  check_sizes(op, shape, size_of(x.dtype()));
  const int64_t planes = shape.span(0, lead);
  const Shape rows = {planes, x.shape().span(lead, x.ndim())};
  const Tensor zero = made(op, {planes, shape.span(lead, x.ndim())}, x.dtype(), x.device());
  fill_(zero, 0);
  return reshape(scatter(op, zero, 1, reshape(indices.detach(), rows), reshape(x, rows), false), shape);
}

}  // namespace nncore::ops
