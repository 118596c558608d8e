#pragma once
#include <cstdint>

namespace nncore {

template <class T>
struct SgdStep {
  T lr, momentum;
  T carry, keep;  // buffer = carry buffer + keep g: momentum and 1 - dampening, in the first step 0 and 1
  T weight_decay;
  bool has_momentum, nesterov, maximize;
};

template <class T>
struct AdamStep {
  T step_size;       // lr / (1 - beta1^t)
  T inv_sqrt_bias2;  // 1 / sqrt(1 - beta2^t)
  T one_minus_beta1, beta2, one_minus_beta2, eps;
  T weight_decay;  // added to the gradient
  T shrink;        // 1 - lr * weight_decay, applied to the weights; 1 when not decoupled
  bool maximize, amsgrad;
};

// One pass over a parameter, its gradient and its state.
template <class T>
struct OptimKernels {
  void (*sgd)(int64_t n, const SgdStep<T>& s, T* p, const T* g, T* buffer);
  void (*adam)(int64_t n, const AdamStep<T>& s, T* p, const T* g, T* m, T* v, T* v_max);
};

}  // namespace nncore
