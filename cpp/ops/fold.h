// Variance, norms and log-sum-exp over any axes: each sums a term of every element. An empty list of axes
// means all.
#pragma once
#include <span>

#include "../core/tensor.h"

namespace nncore::ops {

// sum (x - mean)^2 / max(0, n - correction), or its root
Tensor variance(const Tensor& x, std::span<const int64_t> axes, double correction, bool keepdim, bool root);

Tensor logsumexp(const Tensor& x, std::span<const int64_t> axes, bool keepdim);
// (sum |x|^p)^(1/p); p may be infinite
Tensor norm(const Tensor& x, double p, std::span<const int64_t> axes, bool keepdim);

}  // namespace nncore::ops
