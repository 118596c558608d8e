// The loops around the formulas of losses.
#include "../../formulas.h"
//
#include "../../formulas_loss.h"

template <class Op, class V, class T>
struct LossOperands {
  const T *a, *b, *c;
  V s[scalar_count<Op> + 1];
  LossOperands(const T* a, const T* b, const T* c, const T* scalars) : a(a), b(b), c(c) {
    for (int i = 0; i < scalar_count<Op>; i++) s[i] = V(scalars[i]);
  }
  // f(a, b, c, s) of the lanes from i on
  template <class F>
  V apply(int64_t i, int64_t left, F f) const {
    const V va = load_some<V>(a + i, left);
    V vb = va, vc(T(1));
    if constexpr (Op::operands > 1) vb = load_some<V>(b + i, left);
    if constexpr (Op::operands > 2)
      if (c) vc = load_some<V>(c + i, left);
    return f(va, vb, vc, s);
  }
};

template <class Op, class T>
NNCORE_FLATTEN void loss_fwd(int64_t n, const T* a, const T* b, const T* c, const T* w, const T* scalars,
                             T* y) {
  using V = Lanes<T>;
  const LossOperands<Op, V, T> x(a, b, c, scalars);
  for (int64_t i = 0; i < n; i += V::lanes) {
    V v = x.apply(i, n - i, [](V va, V vb, V vc, const V* s) { return Op::value(va, vb, vc, s); });
    if (w) v = v * load_some<V>(w + i, n - i);
    store_some(y + i, v, n - i);
  }
}

template <class Op, int k, class T>
NNCORE_FLATTEN void loss_bwd(int64_t n, const T* a, const T* b, const T* c, const T* w, const T* dy, T scale,
                             const T* scalars, T* dx) {
  using V = Lanes<T>;
  const LossOperands<Op, V, T> x(a, b, c, scalars);
  for (int64_t i = 0; i < n; i += V::lanes) {
    V g = x.apply(i, n - i, [](V va, V vb, V vc, const V* s) { return Op::template grad<k>(va, vb, vc, s); });
    g = g * V(scale);
    if (dy) g = g * load_some<V>(dy + i, n - i);
    if (w) g = g * load_some<V>(w + i, n - i);
    store_some(dx + i, g, n - i);
  }
}

template <class Op, int k, class T>
constexpr typename nncore::PointwiseKernels<T>::Bwd loss_bwd_of() {
  if constexpr (k < Op::gradients)
    return loss_bwd<Op, k, T>;
  else
    return nullptr;
}

template <class T, class List>
struct LossTable;
template <class T, class... Ops>
struct LossTable<T, OpList<Ops...>> {
  static constexpr typename nncore::PointwiseKernels<T>::Fwd fwd[] = {loss_fwd<Ops, T>...};
  static constexpr typename nncore::PointwiseKernels<T>::Bwd bwd[][3] = {
      {loss_bwd_of<Ops, 0, T>(), loss_bwd_of<Ops, 1, T>(), loss_bwd_of<Ops, 2, T>()}...};
};

template <class T>
constexpr nncore::PointwiseKernels<T> make_kernels() {
  return {LossTable<T, LossOps>::fwd, LossTable<T, LossOps>::bwd};
}

constexpr nncore::Family<nncore::PointwiseKernels> kernels = {make_kernels<float>(), make_kernels<double>()};
