// Steps of the optimizers of formulas_optim.h. Settings and flags are read from memory when a step runs, so
// that a replay sees their current values.
#include "../optim.h"

#include "../../backend/optimizers.h"
#include "../shape.h"
#include "composed.h"
#include "parts.h"

namespace nncore::ops::composed {

namespace {

Tensor one_minus(const Tensor& x) { return apply<formulas::RsubScalar>(x, {1}); }

// One parameter, its gradient and states, and the settings by index.
struct Parameter {
  const OptimizerGroup& group;
  size_t i;

  Tensor w() const { return group.params[i].detach(); }
  Tensor grad() const { return group.grads[i].detach(); }
  bool has(size_t k) const { return !group.states[k].empty(); }
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
  void set(const Tensor& w) const { assign_(group.params[i], w); }
};

// average + (1 - beta) (x - average), for a setting beta
Tensor moved(const Parameter& p, const Tensor& average, const Tensor& x, int64_t beta) {
  return add(average, multiply(p.rounded(one_minus(p.exact(beta))), subtract(x, average)));
}
// beta average + (1 - beta) x^2
Tensor moved_square(const Parameter& p, const Tensor& average, const Tensor& x, int64_t beta) {
  return add(multiply(p[beta], average), multiply(p.rounded(one_minus(p.exact(beta))), square(x)));
}

// The gradient, negated if the setting `maximize` is on.
Tensor gradient(const Parameter& p, int64_t maximize) {
  return where(p.flag(maximize), apply<formulas::Neg>(p.grad()), p.grad());
}
Tensor decayed(const Parameter& p, const Tensor& g, int64_t decay) {
  return add(g, multiply(p[decay], p.w()));
}

void sgd(const Parameter& p) {
  enum { lr, momentum, dampening, weight_decay, nesterov, maximize };
  Tensor d = decayed(p, gradient(p, maximize), weight_decay);
  if (p.has(0)) {
    const Tensor b = p.is_first() ? d
                                  : add(multiply(p[momentum], p.state(0)),
                                        multiply(p.rounded(one_minus(p.exact(dampening))), d));
    d = where(p.flag(nesterov), add(d, multiply(p[momentum], b)), b);
    p.set_state(0, b);
  }
  p.set(subtract(p.w(), multiply(p[lr], d)));
}

void adam(const Parameter& p, bool decoupled) {
  enum { lr, beta1, beta2, eps, weight_decay, amsgrad, maximize };
  const Tensor t = p.count();
  const auto bias = [&](int64_t beta) { return one_minus(apply<formulas::Pow>(p.exact(beta), t)); };
  Tensor w = p.w(), g = gradient(p, maximize);
  if (decoupled)
    w = multiply(w, p.rounded(one_minus(multiply(p.exact(lr), p.exact(weight_decay)))));
  else
    g = decayed(p, g, weight_decay);
  const Tensor mean = p.set_state(0, moved(p, p.state(0), g, beta1));
  Tensor second = p.set_state(1, moved_square(p, p.state(1), g, beta2));
  if (p.has(2)) second = p.set_state(2, apply<formulas::Maximum>(p.state(2), second));
  const Tensor denominator = add(divide(root(second), p.rounded(root(bias(beta2)))), p[eps]);
  p.set(subtract(w, multiply(p.rounded(divide(p.exact(lr), bias(beta1))), divide(mean, denominator))));
}

void rmsprop(const Parameter& p) {
  enum { lr, alpha, eps, weight_decay, momentum, centered, maximize };
  p.count();
  const Tensor g = decayed(p, gradient(p, maximize), weight_decay);
  Tensor variance = p.set_state(0, moved_square(p, p.state(0), g, alpha));
  if (p.has(2)) {
    const Tensor mean = p.set_state(2, moved(p, p.state(2), g, alpha));
    variance = apply<formulas::Maximum>(subtract(variance, square(mean)), number(0, mean));
  }
  Tensor move = divide(g, add(root(variance), p[eps]));
  if (p.has(1)) move = p.set_state(1, add(multiply(p[momentum], p.state(1)), move));
  p.set(subtract(p.w(), multiply(p[lr], move)));
}

}  // namespace

void optimizer_step(int optimizer, const OptimizerGroup& group, size_t i) {
  const Parameter p = {group, i};
  switch (optimizer) {
    case OptimizerOps::index_of<optimizers::Sgd>:
      return sgd(p);
    case OptimizerOps::index_of<optimizers::Adam>:
      return adam(p, false);
    case OptimizerOps::index_of<optimizers::AdamW>:
      return adam(p, true);
    case OptimizerOps::index_of<optimizers::RmsProp>:
      return rmsprop(p);
    default:
      raise<NotImplementedError>(optimizer_info[size_t(optimizer)].name, ": the backend '",
                                 group.params[i].device().name(), "' has no kernel optimizer_step");
  }
}

}  // namespace nncore::ops::composed
