// Products of several tensors over named axes, composed of diagonals, sums and matrix products.
#pragma once
#include <span>
#include <string>

#include "../core/tensor.h"

namespace nncore::ops {

Tensor einsum(const std::string& equation, std::span<const Tensor> operands);
// Whether an equation of one operand sums nothing: it moves axes and takes diagonals.
bool only_rearranges(const std::string& equation);
// Contracts axes axes_a of a with axes_b of b, pair by pair.
Tensor tensordot(const Tensor& a, const Tensor& b, std::span<const int64_t> axes_a,
                 std::span<const int64_t> axes_b);

}  // namespace nncore::ops
