// Optimizer steps as PyTorch defines them: SGD with momentum (Sutskever et al. 2013), Adam (Kingma and Ba
// 2015, algorithm 1), AMSGrad (Reddi et al. 2018), decoupled decay (Loshchilov and Hutter 2019).
#include "../../math.h"

template <class T>
void sgd_step(int64_t n, const nncore::SgdStep<T>& s, T* p, const T* g, T* buffer) {
  using V = Vec<T>;
  const V lr(-s.lr), momentum(s.momentum), carry(s.carry), keep(s.keep), decay(s.weight_decay);
  for (int64_t i = 0; i < n; i += V::lanes) {
    const int64_t m = n - i < V::lanes ? n - i : V::lanes;
    const V w = load_some<V>(p + i, m);
    V d = load_some<V>(g + i, m);
    if (s.maximize) d = -d;
    if (s.weight_decay != T(0)) d = fma(decay, w, d);
    if (s.has_momentum) {
      const V b = fma(carry, load_some<V>(buffer + i, m), keep * d);
      b.store_n(buffer + i, m);
      d = s.nesterov ? fma(momentum, b, d) : b;
    }
    fma(lr, d, w).store_n(p + i, m);
  }
}

// a / b for float32, b > 0: a reciprocal from the bits of b (e is at most 0.051), a step of fourth order and
// a correction by the remainder; the error is one rounding. This avoids the divider, which is busy with the
// root in b. If e is large, b is zero, infinite, NaN or above 2^126.
template <class V>
NNCORE_INLINE V quotient(V a, V b) {
  if constexpr (!is_float<V>) {
    return a / b;
  } else {
    const V guess = bit_add(bit_xor(b, V::from_bits(0xffffffff)), V::from_bits(0x7ef311c8));
    const V e = fma(-b, guess, V(1)), y = fma(fma(fma(e, e, e), e, e), guess, guess);
    const V q = a * y, right = fma(fma(-b, q, a), y, q);
    const auto near = abs(e) <= V(.06f);
    if (all(near)) [[likely]]
      return right;
    return select(near, right, a / b);
  }
}

template <class T>
void adam_step(int64_t n, const nncore::AdamStep<T>& s, T* p, const T* g, T* m, T* v, T* v_max) {
  using V = Vec<T>;
  const V step_size(-s.step_size), shrink(s.shrink), decay(s.weight_decay), root(s.inv_sqrt_bias2),
      eps(s.eps);
  const V one_minus_beta1(s.one_minus_beta1), beta2(s.beta2), one_minus_beta2(s.one_minus_beta2);
  const bool maximize = s.maximize, decays = s.weight_decay != T(0), amsgrad = s.amsgrad;
  const auto step = [=](int64_t i, int64_t k) __attribute__((always_inline)) {
    V w = load_some<V>(p + i, k), d = load_some<V>(g + i, k);
    if (maximize) d = -d;
    if (decays) d = fma(decay, w, d);
    const V m0 = load_some<V>(m + i, k);
    const V m1 = fma(one_minus_beta1, d - m0, m0);
    const V v1 = fma(one_minus_beta2 * d, d, beta2 * load_some<V>(v + i, k));
    store_some(m + i, m1, k);
    store_some(v + i, v1, k);
    V second = v1;
    if (amsgrad) {
      second = max(load_some<V>(v_max + i, k), v1);
      store_some(v_max + i, second, k);
    }
    const V denominator = fma(sqrt(second), root, eps);
    w = fma(step_size, quotient(m1, denominator), shrink * w);
    store_some(p + i, w, k);
  };
  int64_t i = 0;
  for (; i + V::lanes <= n; i += V::lanes) step(i, V::lanes);
  if (i < n) step(i, n - i);
}

template <class T>
constexpr nncore::OptimKernels<T> make_kernels() {
  return {sgd_step<T>, adam_step<T>};
}

constexpr nncore::Family<nncore::OptimKernels> kernels = {make_kernels<float>(), make_kernels<double>()};
