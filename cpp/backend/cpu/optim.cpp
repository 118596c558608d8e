// One step of an optimizer on one parameter, over a range of its elements.
#include <cmath>

#include "../kernels/optim.h"
#include "dispatch.h"

namespace nncore::cpu {

namespace {

// x^n by squaring: the same bits on every machine. All parameters of a group ask for the same power.
struct Power {
  double x = 0, y = 1;
  int64_t n = 0;

  double operator()(double new_x, int64_t new_n) {
    if (new_x == x && new_n == n) return y;
    x = new_x, n = new_n, y = 1;
    for (double square = x; new_n > 0; new_n /= 2, square *= square)
      if (new_n % 2) y *= square;
    return y;
  }
};

template <class T>
T* at(T* p, int64_t i) {
  return p ? p + i : nullptr;
}

}  // namespace

int64_t begin(const Sgd& k) { return k.n; }

void slice(const Sgd& k, int64_t begin, int64_t end) {
  visit_float(k.p.dtype, [&](auto zero) {
    using T = decltype(zero);
    const double* h = k.settings.as<double>();
    const double lr = h[0], momentum = h[1], dampening = h[2], decay = h[3];
    const bool first = h[4] != 0;
    const SgdStep<T> s = {.lr = T(lr),
                          .momentum = T(momentum),
                          .carry = first ? T(0) : T(momentum),
                          .keep = first ? T(1) : T(1 - dampening),
                          .weight_decay = T(decay),
                          .has_momentum = bool(k.buffer),
                          .nesterov = k.nesterov,
                          .maximize = k.maximize};
    kernels<T>().optim.sgd(end - begin, s, k.p.as<T>() + begin, k.grad.as<T>() + begin,
                           at(k.buffer.as<T>(), begin));
  });
}

int64_t begin(const Adam& k) {
  *k.step.as<float>() += 1;
  return k.n;
}

void slice(const Adam& k, int64_t begin, int64_t end) {
  thread_local Power power1, power2;
  visit_float(k.p.dtype, [&](auto zero) {
    using T = decltype(zero);
    const double* h = k.settings.as<double>();
    const double lr = h[0], beta1 = h[1], beta2 = h[2], eps = h[3], decay = h[4];
    const int64_t t = int64_t(*k.step.as<float>());
    const AdamStep<T> s = {.step_size = T(lr / (1 - power1(beta1, t))),
                           .inv_sqrt_bias2 = T(1 / std::sqrt(1 - power2(beta2, t))),
                           .one_minus_beta1 = T(1 - beta1),
                           .beta2 = T(beta2),
                           .one_minus_beta2 = T(1 - beta2),
                           .eps = T(eps),
                           .weight_decay = k.decoupled ? T(0) : T(decay),
                           .shrink = k.decoupled ? T(1 - lr * decay) : T(1),
                           .maximize = k.maximize,
                           .amsgrad = bool(k.max_square)};
    kernels<T>().optim.adam(end - begin, s, k.p.as<T>() + begin, k.grad.as<T>() + begin,
                            k.mean.as<T>() + begin, k.square.as<T>() + begin,
                            at(k.max_square.as<T>(), begin));
  });
}

}  // namespace nncore::cpu
