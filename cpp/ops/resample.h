// Interpolation of planes x (N, C, sizes), and shuffles of their pixels and channels.
#pragma once
#include <span>

#include "../backend/kernels/resample.h"
#include "../core/tensor.h"

namespace nncore::ops {

// The planes with new sizes. scales: the factors from the old to the new sizes, one per axis; empty: the
// quotients of the sizes.
Tensor interpolate(const Tensor& x, Interpolation kind, const Shape& sizes, std::span<const double> scales,
                   bool align_corners);

// The planes (N, C, H, W) at the points grid (N, h, w, 2), or (N, C, D, H, W) at (N, d, h, w, 3).
Tensor grid_sample(const Tensor& x, const Tensor& grid, Interpolation kind, Beyond beyond,
                   bool align_corners);

Tensor pixel_shuffle(const Tensor& x, int64_t factor);    // (..., C f^2, H, W) to (..., C, H f, W f)
Tensor pixel_unshuffle(const Tensor& x, int64_t factor);  // the inverse
Tensor channel_shuffle(const Tensor& x, int64_t groups);

}  // namespace nncore::ops
