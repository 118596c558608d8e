// Optimizer steps over lists of parameters, in place.
#pragma once
#include <vector>

#include "../core/tensor.h"

namespace nncore::ops {

using Tensors = std::vector<Tensor>;

// hyper holds lr, momentum, dampening, weight decay and 1 where the buffers have no history yet, else 0.
// buffers: empty without momentum.
void sgd_(const Tensors& params, const Tensors& grads, const Tensors& buffers, const Tensor& hyper,
          bool nesterov, bool maximize);

// hyper holds lr, beta1, beta2, eps and weight decay. steps: one float32 value each, advanced by one;
// max_squares: empty without AMSGrad.
void adam_(const Tensors& params, const Tensors& grads, const Tensors& means, const Tensors& squares,
           const Tensors& max_squares, const Tensors& steps, const Tensor& hyper, bool decoupled,
           bool maximize);

}  // namespace nncore::ops
