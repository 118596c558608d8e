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
  static_assert(std::size(Op::states) <= max_optimizer_states && Op::powers <= max_optimizer_powers);
  return {.name = Op::name,
          .settings = Op::settings,
          .states = Op::states,
          .counts_steps = Op::counts_steps,
          .powers = Op::powers,
          .uses = [](int i, const double* v) { return Op::uses(i, values_of<Op>(v)); },
          .power = [](int i, const double* v) { return Op::power(i, values_of<Op>(v)); },
          .first_differs = [](const double* v) { return Op::first_differs(values_of<Op>(v)); },
          .refuses = [](const double* v) { return Op::refuses(values_of<Op>(v)); }};
}

template <class... Ops>
constexpr std::array<OptimizerInfo, sizeof...(Ops)> infos(OpList<Ops...>) {
  return {info<Ops>()...};
}

}  // namespace

const std::array<OptimizerInfo, OptimizerOps::size> optimizer_info = infos(OptimizerOps());

}  // namespace nncore
