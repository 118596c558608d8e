// What the steps of optimizers in composed/ share. Settings and flags are read from memory when a step runs,
// so that a replay sees their current values.
#pragma once
#include "../../backend/optimizers.h"
#include "../optim.h"
#include "../shape.h"
#include "composed.h"
#include "parts.h"

namespace nncore::ops::composed {

inline Tensor one_minus(const Tensor& x) { return apply<formulas::RsubScalar>(x, {1}); }

// One parameter, its gradient and states, and the settings by index.
struct Parameter {
  const OptimizerGroup& group;
  size_t i;

  Tensor w() const { return group.params[i].detach(); }
  Tensor grad() const { return group.grads[i].detach(); }
  bool has(size_t k) const { return !group.states[k].empty() && group.states[k][i].defined(); }
  Tensor state(size_t k) const { return group.states[k][i].detach(); }
  bool is_first() const { return !group.first.empty() && group.first[i]; }

  // Setting k in its own precision, in the parameter's precision, and as a flag.
  Tensor exact(int64_t k) const { return group.settings.alias({}, k).detach(); }
  Tensor operator[](int64_t k) const { return rounded(exact(k)); }
  Tensor flag(int64_t k) const { return cast(exact(k), DType::boolean); }
  Tensor rounded(const Tensor& x) const { return cast(x, group.params[i].dtype()); }

  // Increments the number of steps and returns it.
  Tensor count() const {
    assign_(group.counts[i], add(group.counts[i].detach(), 1));
    return cast(group.counts[i].alias({}), group.settings.dtype());
  }
  const Tensor& set_state(size_t k, const Tensor& x) const {
    assign_(group.states[k][i], x);
    return x;
  }
  // State k, one float32 number, with the precision of settings.
  Tensor number(size_t k) const {
    return cast(group.states[k][i].alias({}).detach(), group.settings.dtype());
  }
  Tensor set_number(size_t k, const Tensor& x) const {
    assign_(group.states[k][i], cast(x, DType::float32));
    return number(k);
  }
  void set(const Tensor& w) const { assign_(group.params[i], w); }
};

// average + (1 - beta) (x - average), for a setting beta
inline Tensor moved(const Parameter& p, const Tensor& average, const Tensor& x, int64_t beta) {
  return add(average, multiply(p.rounded(one_minus(p.exact(beta))), subtract(x, average)));
}
// beta average + (1 - beta) x^2
inline Tensor moved_square(const Parameter& p, const Tensor& average, const Tensor& x, int64_t beta) {
  return add(multiply(p[beta], average), multiply(p.rounded(one_minus(p.exact(beta))), square(x)));
}

// The gradient, negated if the setting `maximize` is on.
inline Tensor gradient(const Parameter& p, int64_t maximize) {
  return where(p.flag(maximize), apply<formulas::Neg>(p.grad()), p.grad());
}
inline Tensor decayed(const Parameter& p, const Tensor& g, int64_t decay) {
  return add(g, multiply(p[decay], p.w()));
}

inline Tensor power(const Tensor& base, const Tensor& exponent) {
  return apply<formulas::Pow>(base, exponent);
}

void lamb(const Parameter& p);
void lars(const Parameter& p);
void adafactor(const Parameter& p);
void muon(const Parameter& p);

}  // namespace nncore::ops::composed
