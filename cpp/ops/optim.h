// Optimizer steps over groups of parameters, in place.
#pragma once
#include <vector>

#include "../core/tensor.h"

namespace nncore::ops {

using Tensors = std::vector<Tensor>;

// hyper holds lr, momentum, dampening, weight decay and 1 where the buffers have no history yet, else 0.
// buffers: empty without momentum.
struct SgdGroup {
  Tensors params, grads, buffers;
  Tensor hyper;
  bool nesterov, maximize;
};

// hyper holds lr, beta1, beta2, eps and weight decay. steps: one float32 value each, advanced by one;
// max_squares: empty without AMSGrad.
struct AdamGroup {
  Tensors params, grads, means, squares, max_squares, steps;
  Tensor hyper;
  bool maximize;
};

// Nothing is written unless all groups are as they should be.
void sgd_(const std::vector<SgdGroup>& groups);
void adam_(const std::vector<AdamGroup>& groups, bool decoupled);

}  // namespace nncore::ops
