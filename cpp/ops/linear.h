// Matrix products and the linear layer.
#pragma once
#include "../core/tensor.h"

namespace nncore::ops {

// NumPy's matmul: (..., m, k) @ (..., k, n); a vector is a row on the left and a column on the right.
Tensor matmul(const Tensor& a, const Tensor& b);

// The product of two matrices, each transposed or not; without history.
Tensor product(const Tensor& a, const Tensor& b, bool trans_a, bool trans_b);

// y = activation(x w^T + b): x (..., in), w (out, in), b (out) or undefined; activation is an index in
// UnaryOps, or -1.
Tensor linear(const Tensor& x, const Tensor& w, const Tensor& b, int activation);

}  // namespace nncore::ops
