// Checks the arguments of pooling and of sliding windows. Each list has one size for all axes, or one per axis.
#pragma once
#include <limits>
#include <optional>
#include <vector>

#include "../backend/kernels/pool.h"

namespace nncore::ops {

// The shapes of inputs with one, two and three axes after the channels
inline constexpr const char* plane_layouts[] = {"(N, C, L) or (C, L)", "(N, C, H, W) or (C, H, W)",
                                                "(N, C, D, H, W) or (C, D, H, W)"};
// The largest size of a window, stride, padding or dilation: products of two do not overflow.
inline constexpr int64_t most_along = std::numeric_limits<int32_t>::max();

struct WindowSizes {
  Shape kernel, stride, padding = {0}, dilation = {1};  // an empty stride: that of the kernel
  bool ceil_mode = false;
};

// Element i of a list of sizes; raises ValueError unless the list has one size or `axes`, each in
// [least, most_along].
int64_t size_along(const char* op, const char* name, const Shape& sizes, int axes, int i, int64_t least);

// Raises unless x is a float tensor (N, C, sizes) or (C, sizes) with `axes` sizes, none of which is 0.
void check_planes(const char* op, const Tensor& x, int axes);

// The shape of x with the outputs of its planes.
Shape pooled_shape(const Tensor& x, int axes, const PoolShape& s);

// Windows for pooling: the padding is at most half of a window.
PoolShape pool_windows(const char* op, const Tensor& x, int axes, const WindowSizes& sizes);
// Sliding windows of planes (height, width), all inside the padded plane.
PoolShape sliding_windows(const char* op, int64_t planes, const Shape& plane, const WindowSizes& sizes);
// Windows for given numbers of outputs; without a number: as many as inputs.
using OutputSizes = std::vector<std::optional<int64_t>>;
PoolShape adaptive_windows(const char* op, const Tensor& x, int axes, const OutputSizes& output);
PoolShape fractional_windows(const char* op, const Tensor& x, int axes, const Shape& kernel,
                             const Shape& output);

}  // namespace nncore::ops
