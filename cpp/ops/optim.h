// Optimizer steps over lists of parameters, in place.
#pragma once
#include <vector>

#include "../core/tensor.h"

namespace nncore::ops {

using Tensors = std::vector<Tensor>;

struct SgdOptions {
  double lr, momentum, dampening, weight_decay;
  bool nesterov, maximize;
};
// buffers: empty without momentum; first[i]: buffer i has no history yet.
void sgd_(const Tensors& params, const Tensors& grads, const Tensors& buffers, const std::vector<bool>& first,
          const SgdOptions& options);

struct AdamOptions {
  double lr, beta1, beta2, eps, weight_decay;
  bool decoupled, maximize;
};
// steps: one float32 value each, advanced by one; max_squares: empty without AMSGrad.
void adam_(const Tensors& params, const Tensors& grads, const Tensors& means, const Tensors& squares,
           const Tensors& max_squares, const Tensors& steps, const AdamOptions& options);

}  // namespace nncore::ops
