// Pooling of planes x (N, C, sizes) or (C, sizes) with `axes` sizes. `op` is the name for errors.
#pragma once
#include "windows.h"

namespace nncore {
class Generator;
}

namespace nncore::ops {

struct Pooled {
  Tensor values, indices;  // indices: int64 positions in the plane, undefined if not wanted
};

Pooled max_pool(const char* op, const Tensor& x, int axes, const WindowSizes& sizes, bool indices);
Pooled adaptive_max_pool(const char* op, const Tensor& x, int axes, const OutputSizes& output, bool indices);
// samples (N, C, axes): the random numbers in [0, 1) that place the windows; undefined: from the generator
Pooled fractional_max_pool(const char* op, const Tensor& x, int axes, const Shape& kernel,
                           const Shape& output, Tensor samples, Generator& generator, bool indices);

// divisor 0: the number of positions of a window, those in the padding included if include_padding
Tensor avg_pool(const char* op, const Tensor& x, int axes, const WindowSizes& sizes, PoolDivisor divisor);
Tensor adaptive_avg_pool(const char* op, const Tensor& x, int axes, const OutputSizes& output);

// Puts the values of x at their indices in planes of zeros. An empty output: the smallest plane that
// max_pool makes x from.
Tensor max_unpool(const char* op, const Tensor& x, const Tensor& indices, int axes, const WindowSizes& sizes,
                  const Shape& output);

// The windows of planes (N, C, H, W) or (C, H, W) as columns (N, C * window, windows), and their sum.
Tensor unfold(const Tensor& x, const WindowSizes& sizes);
Tensor fold(const Tensor& columns, const Shape& output, const WindowSizes& sizes);

}  // namespace nncore::ops
