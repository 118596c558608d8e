// Shuffles of pixels and channels: the axes of a reshaped tensor in another order.
#include "resample.h"
#include "shape.h"

namespace nncore::ops {

namespace {

void check_factor(const char* op, const char* name, int64_t factor) {
  check(factor > 0 && factor < int64_t(1) << 31, op, ": ", name, " is ", factor,
        " but must be at least 1 and less than 2147483648");
}
void check_image(const char* op, const Tensor& x) {
  check(x.ndim() >= 3, op, ": the input has shape ", x.shape(), "; expected (..., C, H, W)");
}

// x as `shape`, permuted, as `result`; in memory of its own.
Tensor shuffled(const Tensor& x, const Shape& shape, std::span<const int64_t> order, const Shape& result) {
  const Tensor y = reshape(permute(reshape(x, shape), order), result);
  return y.impl()->storage == x.impl()->storage ? clone(y) : y;
}

// The shape of x with other sizes of the last three axes.
Shape image(const Tensor& x, int64_t channels, int64_t height, int64_t width) {
  Shape shape = x.shape();
  const int n = shape.ndim();
  shape[n - 3] = channels, shape[n - 2] = height, shape[n - 1] = width;
  return shape;
}

}  // namespace

Tensor pixel_shuffle(const Tensor& x, int64_t factor) {
  constexpr const char* op = "pixel_shuffle";
  check_image(op, x);
  check_factor(op, "upscale_factor", factor);
  const int64_t square = factor * factor, channels = x.size(-3), h = x.size(-2), w = x.size(-1);
  check(channels % square == 0, op, ": the input has shape ", x.shape(), " with ", channels,
        " channels; expected a multiple of ", square, " for upscale_factor ", factor);
  const Shape shape = image(x, channels / square, h * factor, w * factor);
  constexpr int64_t order[] = {0, 1, 4, 2, 5, 3};
  return shuffled(x, {x.shape().span(0, x.ndim() - 3), channels / square, factor, factor, h, w}, order,
                  shape);
}

Tensor pixel_unshuffle(const Tensor& x, int64_t factor) {
  constexpr const char* op = "pixel_unshuffle";
  check_image(op, x);
  check_factor(op, "downscale_factor", factor);
  const int64_t channels = x.size(-3), h = x.size(-2), w = x.size(-1);
  check(h % factor == 0 && w % factor == 0, op, ": the input has shape ", x.shape(), " with planes of ", h,
        " x ", w, "; expected multiples of downscale_factor ", factor);
  check_sizes(op, {channels, factor, factor}, size_of(x.dtype()));
  const Shape shape = image(x, channels * factor * factor, h / factor, w / factor);
  constexpr int64_t order[] = {0, 1, 3, 5, 2, 4};
  return shuffled(x, {x.shape().span(0, x.ndim() - 3), channels, h / factor, factor, w / factor, factor},
                  order, shape);
}

Tensor channel_shuffle(const Tensor& x, int64_t groups) {
  constexpr const char* op = "channel_shuffle";
  check(x.ndim() >= 3, op, ": the input has shape ", x.shape(), "; expected (N, C, ...)");
  check_factor(op, "groups", groups);
  check(x.size(1) % groups == 0, op, ": the input has shape ", x.shape(), " with ", x.size(1),
        " channels; expected a multiple of groups ", groups);
  constexpr int64_t order[] = {0, 2, 1, 3};
  return shuffled(x, {x.size(0), groups, x.size(1) / groups, x.shape().span(2, x.ndim())}, order, x.shape());
}

}  // namespace nncore::ops
