// The steps of formulas_optim.h on all elements of a parameter.
#include "../../formulas.h"
//
#include "../../formulas_optim.h"

// Whether all settings need state i.
template <class Op>
constexpr bool always_uses(int i) {
  return Op::uses(i, typename Op::Values{});
}
// The number of states with as many elements as the parameter. They come first.
template <class Op>
constexpr int whole_states() {
  int count = 0;
  for (const optimizers::State& state : Op::states) count += state.extent == optimizers::Extent::whole;
  return count;
}

template <class Op, class T>
void optimizer_step(int64_t n, const double* settings, const double* moment, T* p, const T* g,
                    T* const* states) {
  using V = Vec<T>;
  constexpr int count = whole_states<Op>();
  typename Op::Values values;
  __builtin_memcpy(&values, settings, sizeof values);
  optimizers::Moment now;
  __builtin_memcpy(&now, moment, sizeof now);
  const typename Op::template Step<V> step(values, now);
  T* at[count];
  for (int j = 0; j < count; j++) at[j] = states[j];
  const auto move = [=](int64_t i, int64_t k) __attribute__((always_inline)) {
    V w = load_some<V>(p + i, k), state[count];
    for (int j = 0; j < count; j++)
      state[j] = always_uses<Op>(j) || at[j] ? load_some<V>(at[j] + i, k) : V(0);
    step(w, load_some<V>(g + i, k), state);
    for (int j = 0; j < count; j++)
      if (always_uses<Op>(j) || at[j]) store_some(at[j] + i, state[j], k);
    store_some(p + i, w, k);
  };
  int64_t i = 0;
  for (; i + V::lanes <= n; i += V::lanes) move(i, V::lanes);
  if (i < n) move(i, n - i);
}

template <class T, class List>
struct OptimizerTable;
template <class T, class... Ops>
struct OptimizerTable<T, OpList<Ops...>> {
  static constexpr typename nncore::OptimKernels<T>::Step step[] = {optimizer_step<Ops, T>...};
};

template <class T>
constexpr nncore::OptimKernels<T> make_kernels() {
  return {OptimizerTable<T, OptimizerOps>::step};
}

constexpr nncore::Family<nncore::OptimKernels> kernels = {make_kernels<float>(), make_kernels<double>()};
