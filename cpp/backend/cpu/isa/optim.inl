// Optimizer steps as PyTorch defines them: SGD with momentum (Sutskever et al. 2013), Adam (Kingma and Ba
// 2015, algorithm 1), AMSGrad (Reddi et al. 2018), decoupled decay (Loshchilov and Hutter 2019).

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

template <class T>
void adam_step(int64_t n, const nncore::AdamStep<T>& s, T* p, const T* g, T* m, T* v, T* v_max) {
  using V = Vec<T>;
  for (int64_t i = 0; i < n; i += V::lanes) {
    const int64_t k = n - i < V::lanes ? n - i : V::lanes;
    V w = load_some<V>(p + i, k), d = load_some<V>(g + i, k);
    if (s.maximize) d = -d;
    if (s.weight_decay != T(0)) d = fma(V(s.weight_decay), w, d);
    const V m0 = load_some<V>(m + i, k);
    const V m1 = fma(V(s.one_minus_beta1), d - m0, m0);
    const V v1 = fma(V(s.one_minus_beta2) * d, d, V(s.beta2) * load_some<V>(v + i, k));
    m1.store_n(m + i, k);
    v1.store_n(v + i, k);
    V second = v1;
    if (s.amsgrad) {
      second = max(load_some<V>(v_max + i, k), v1);
      second.store_n(v_max + i, k);
    }
    const V denominator = fma(sqrt(second), V(s.inv_sqrt_bias2), V(s.eps));
    w = fma(V(-s.step_size), m1 / denominator, V(s.shrink) * w);
    w.store_n(p + i, k);
  }
}

template <class T>
constexpr nncore::OptimKernels<T> make_kernels() {
  return {sgd_step<T>, adam_step<T>};
}

constexpr nncore::Family<nncore::OptimKernels> kernels = {make_kernels<float>(), make_kernels<double>()};
