// Copies between dense tensors walked with any strides: what every rearrangement is made of.
#pragma once
#include "../core/tensor.h"

namespace nncore::ops {

// dst[dst_start + i . dst] = (or +=) src[src_start + i . src] for every index i below size.
void copy_strided(const Tensor& from, const Tensor& to, const Shape& size, const Strides& src,
                  const Strides& dst, int64_t src_start, int64_t dst_start, bool accumulate = false);

// y = x read from start with the given strides; differentiable where no stride is 0 (no element twice).
Tensor strided(const char* op, const Tensor& x, const Shape& shape, const Strides& strides, int64_t start);

}  // namespace nncore::ops
