#include "optimizers.h"

#include <cstring>

namespace nncore {

namespace {

template <class Op>
typename Op::Values values_of(const double* numbers) {
  typename Op::Values values;
  std::memcpy(&values, numbers, sizeof values);
  return values;
}

template <class Op>
constexpr OptimizerInfo info() {
  static_assert(sizeof(typename Op::Values) == sizeof(double) * std::size(Op::settings));
  static_assert(std::size(Op::states) <= optimizers::max_states && Op::powers <= optimizers::max_powers);
  return {.name = Op::name,
          .settings = Op::settings,
          .states = Op::states,
          .counts_steps = Op::counts_steps,
          .powers = Op::powers,
          .uses = [](int i, const double* v) { return Op::uses(i, values_of<Op>(v)); },
          .power = [](int i, const double* v, double t) { return Op::power(i, values_of<Op>(v), t); },
          .next = [](int i, const double* v, const optimizers::Moment& now) -> double {
            return Op::next(i, values_of<Op>(v), now);
          },
          .first_differs = [](const double* v) { return Op::first_differs(values_of<Op>(v)); },
          .refuses = [](const double* v) { return Op::refuses(values_of<Op>(v)); }};
}

template <class... Ops, class... Composed>
constexpr std::array<OptimizerInfo, sizeof...(Ops) + sizeof...(Composed)> infos(OpList<Ops...>,
                                                                                OpList<Composed...>) {
  return {info<Ops>()..., info<Composed>()...};
}

}  // namespace

const std::array<OptimizerInfo, OptimizerOps::size + ComposedOptimizers::size> optimizer_info =
    infos(OptimizerOps(), ComposedOptimizers());

}  // namespace nncore
