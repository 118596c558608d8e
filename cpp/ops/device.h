// Moving values from one device to another.
#pragma once
#include "../core/tensor.h"

namespace nncore::ops {

// x on `device`: x itself if it lies there. A captured step cannot do it.
Tensor to_device(const Tensor& x, Device& device);
inline Tensor to_host(const Tensor& x) { return to_device(x, host()); }

}  // namespace nncore::ops
