// Elementwise ops composed of other ops.
#pragma once
#include "../core/tensor.h"

namespace nncore::ops {

// max(x, 0) + weight min(x, 0); weight: one value, or one per channel, along axis 1 (axis 0 of a vector).
Tensor prelu(const Tensor& x, const Tensor& weight);
// a sigmoid(b) for the halves a and b of an axis (Dauphin et al. 2016).
Tensor glu(const Tensor& x, int64_t dim);
// start + weight (end - start)
Tensor lerp(const Tensor& start, const Tensor& end, const Tensor& weight);
Tensor lerp(const Tensor& start, const Tensor& end, double weight);
// x rounded to `decimals` decimal places, ties to even; -1 rounds to tens, -2 to hundreds, and so on.
Tensor round_to(const Tensor& x, int64_t decimals);
// x + value a b and x + value a / b
Tensor addcmul(const Tensor& x, const Tensor& a, const Tensor& b, double value);
Tensor addcdiv(const Tensor& x, const Tensor& a, const Tensor& b, double value);

}  // namespace nncore::ops
