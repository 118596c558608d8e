// One step of an optimizer on one parameter, over a range of its elements.
#include "../kernels/optim.h"
#include "dispatch.h"

namespace nncore {
#include "../elementwise_list.h"
}

namespace nncore::cpu {

namespace {

using optimizers::Extent, optimizers::Moment, optimizers::Power;

// base^exponent with the same bits on every machine: a whole exponent by squaring.
double compute(const Power& p) {
  double y = 1;
  if (p.exponent != double(int64_t(p.exponent))) {
    constexpr int op = BinaryOps::index_of<formulas::Pow>;
    kernels<double>().elementwise.binary_fwd[op][both_vectors](1, &p.base, &p.exponent, &y);
    return y;
  }
  double square = p.base;
  for (int64_t n = int64_t(p.exponent); n > 0; n /= 2, square *= square)
    if (n % 2) y *= square;
  return y;
}

// Most parameters of a group ask for the same power.
struct LastPower {
  Power of = {0, 1};
  double value = 0;

  double operator()(const Power& p) {
    if (p.base == of.base && p.exponent == of.exponent) return value;
    of = p;
    return value = compute(p);
  }
};

bool is_number(const OptimizerInfo& info, size_t state) {
  return state < info.states.size() && info.states[state].extent == Extent::number;
}

Moment moment_of(const OptimizerStep& k, const OptimizerInfo& info) {
  thread_local LastPower last[optimizers::max_powers];
  Moment now = {.t = 1, .powers = {}, .numbers = {}, .first = double(k.first)};
  if (k.count) now.t = double(*k.count.as<float>()) + 1;
  for (int i = 0; i < info.powers; i++)
    now.powers[i] = last[i](info.power(i, k.settings.as<double>(), now.t));
  for (size_t i = 0; i < info.states.size(); i++)
    if (is_number(info, i)) now.numbers[i] = double(*k.states[i].as<float>());
  return now;
}

}  // namespace

int64_t elements(const OptimizerStep& k) { return k.n; }

void slice(const OptimizerStep& k, int64_t begin, int64_t end) {
  const OptimizerInfo& info = optimizer_info[size_t(k.optimizer)];
  const Moment now = moment_of(k, info);
  visit_float(k.p.dtype, [&](auto zero) {
    using T = decltype(zero);
    T* states[optimizers::max_states];
    for (size_t i = 0; i < optimizers::max_states; i++)
      states[i] = k.states[i] && !is_number(info, i) ? k.states[i].as<T>() + begin : nullptr;
    kernels<T>().optim.step[k.optimizer](end - begin, k.settings.as<double>(), &now.t, k.p.as<T>() + begin,
                                         k.grad.as<T>() + begin, states);
  });
}

void finish(const OptimizerStep& k) {
  const OptimizerInfo& info = optimizer_info[size_t(k.optimizer)];
  const Moment now = moment_of(k, info);
  for (size_t i = 0; i < info.states.size(); i++)
    if (is_number(info, i)) *k.states[i].as<float>() = float(info.next(int(i), k.settings.as<double>(), now));
  if (k.count) *k.count.as<float>() += 1;
}

}  // namespace nncore::cpu
