// Copies between dense tensors, read and written with any strides. All ops that rearrange elements use them.
#pragma once
#include "../core/tensor.h"

namespace nncore::ops {

// dst[dst_start + i . dst] = (or +=) src[src_start + i . src] for every index i below size.
void copy_strided(const Tensor& from, const Tensor& to, const Shape& size, const Strides& src,
                  const Strides& dst, int64_t src_start, int64_t dst_start, bool accumulate = false);

// y = x read from `start` with the given strides. Differentiable only if no stride is 0, so that no element
// is read twice.
Tensor strided(const char* op, const Tensor& x, const Shape& shape, const Strides& strides, int64_t start);

}  // namespace nncore::ops
