// One optimizer step of one parameter. Hyper-parameters come as data, so that a replayed step sees their
// changes.
#include <cmath>

#include "dispatch.h"
#include "kernels.h"

namespace nncore::cpu {

namespace {

// x^n by squaring: a function of n alone, equal on every machine. All parameters ask for the same one.
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

int64_t sgd_begin(const Call& call) { return call.attrs<SgdAttrs>().n; }

// hyper: lr, momentum, dampening, weight decay, first step (0 or 1); args: p, g, buffer or none, hyper
void sgd_slice(const Call& call, int64_t begin, int64_t end) {
  const auto& a = call.attrs<SgdAttrs>();
  visit_float(call.args[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    T *p = call.arg<T>(0), *buffer = call.arg<T>(2);
    const T* g = call.arg<const T>(1);
    const double* h = call.arg<const double>(3);
    const bool first = h[4] != 0;
    const SgdStep<T> s = {
        T(h[0]),    T(h[1]),   first ? T(0) : T(h[1]), first ? T(1) : T(1 - h[2]), T(h[3]), a.has_momentum,
        a.nesterov, a.maximize};
    kernels<T>().optim.sgd(end - begin, s, p + begin, g + begin, at(buffer, begin));
  });
}

int64_t adam_begin(const Call& call) {
  *call.arg<float>(5) += 1;
  return call.attrs<AdamAttrs>().n;
}

// hyper: lr, beta1, beta2, eps, weight decay; args: p, g, m, v, v_max or none, step, hyper
void adam_slice(const Call& call, int64_t begin, int64_t end) {
  thread_local Power power1, power2;
  const auto& a = call.attrs<AdamAttrs>();
  visit_float(call.args[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    T *p = call.arg<T>(0), *m = call.arg<T>(2), *v = call.arg<T>(3), *v_max = call.arg<T>(4);
    const T* g = call.arg<const T>(1);
    const double* h = call.arg<const double>(6);
    const double lr = h[0], beta1 = h[1], beta2 = h[2], decay = h[4];
    const int64_t t = int64_t(*call.arg<const float>(5));
    const AdamStep<T> s = {T(lr / (1 - power1(beta1, t))),
                           T(1 / std::sqrt(1 - power2(beta2, t))),
                           T(1 - beta1),
                           T(beta2),
                           T(1 - beta2),
                           T(h[3]),
                           a.decoupled ? T(0) : T(decay),
                           a.decoupled ? T(1 - lr * decay) : T(1),
                           a.maximize,
                           a.amsgrad};
    kernels<T>().optim.adam(end - begin, s, p + begin, g + begin, m + begin, v + begin, at(v_max, begin));
  });
}

}  // namespace nncore::cpu
