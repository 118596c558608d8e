// Moves values from one device to another.
#pragma once
#include "../core/tensor.h"

namespace nncore::ops {

// x on `device`, or x itself if it is already there. Not allowed in a captured step.
Tensor to_device(const Tensor& x, Device& device);
inline Tensor to_host(const Tensor& x) { return to_device(x, host()); }

}  // namespace nncore::ops
