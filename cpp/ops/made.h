// New tensors of sizes that the user chose.
#pragma once
#include "../core/tensor.h"

namespace nncore::ops {

// Without values. ValueError and MemoryError name the op.
Tensor made(const char* op, const Shape& shape, DType dtype, Device& device);

}  // namespace nncore::ops
