// Makes tensors whose sizes the user chose.
#pragma once
#include "../core/tensor.h"

namespace nncore::ops {

// A tensor with uninitialized elements. ValueError and MemoryError name the op.
Tensor made(const char* op, const Shape& shape, DType dtype, Device& device);

}  // namespace nncore::ops
