// The steps of the optimizers of formulas_optim.h.
#include "optim.h"

namespace nncore::ops::composed {

namespace {

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

// The weights times 1 - lr decay if the decay is decoupled; else g gets the decay.
Tensor decay_weights(const Parameter& p, Tensor& g, int64_t lr, int64_t decay, int64_t decoupled) {
  const Tensor shrunk = multiply(p.w(), p.rounded(one_minus(multiply(p.exact(lr), p.exact(decay)))));
  g = where(p.flag(decoupled), g, decayed(p, g, decay));
  return where(p.flag(decoupled), shrunk, p.w());
}

// 1 - beta^t
Tensor bias(const Parameter& p, int64_t beta, const Tensor& t) { return one_minus(power(p.exact(beta), t)); }

void adam(const Parameter& p) {
  enum { lr, beta1, beta2, eps, weight_decay, amsgrad, decoupled, maximize };
  const Tensor t = p.count();
  Tensor g = gradient(p, maximize);
  const Tensor w = decay_weights(p, g, lr, weight_decay, decoupled);
  const Tensor mean = p.set_state(0, moved(p, p.state(0), g, beta1));
  Tensor second = p.set_state(1, moved_square(p, p.state(1), g, beta2));
  if (p.has(2)) second = p.set_state(2, apply<formulas::Maximum>(p.state(2), second));
  const Tensor denominator = add(divide(root(second), p.rounded(root(bias(p, beta2, t)))), p[eps]);
  const Tensor rate = p.rounded(divide(p.exact(lr), bias(p, beta1, t)));
  p.set(subtract(w, multiply(rate, divide(mean, denominator))));
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

void adagrad(const Parameter& p) {
  enum { lr, lr_decay, weight_decay, initial, eps, maximize };
  const Tensor before = add(p.count(), -1);
  const Tensor g = decayed(p, gradient(p, maximize), weight_decay);
  const Tensor sum = p.set_state(0, add(p.state(0), square(g)));
  const Tensor rate = divide(p.exact(lr), add(multiply(before, p.exact(lr_decay)), 1));
  p.set(subtract(p.w(), multiply(p.rounded(rate), divide(g, add(root(sum), p[eps])))));
}

void adadelta(const Parameter& p) {
  enum { lr, rho, eps, weight_decay, maximize };
  p.count();
  const Tensor g = decayed(p, gradient(p, maximize), weight_decay);
  const Tensor mean = p.set_state(0, moved_square(p, p.state(0), g, rho));
  const Tensor move = multiply(divide(root(add(p.state(1), p[eps])), root(add(mean, p[eps]))), g);
  p.set_state(1, moved_square(p, p.state(1), move, rho));
  p.set(subtract(p.w(), multiply(p[lr], move)));
}

void adamax(const Parameter& p) {
  enum { lr, beta1, beta2, eps, weight_decay, maximize };
  const Tensor t = p.count();
  const Tensor g = decayed(p, gradient(p, maximize), weight_decay);
  const Tensor mean = p.set_state(0, moved(p, p.state(0), g, beta1));
  const Tensor size = add(apply<formulas::Abs>(g), p[eps]);
  const Tensor norm = p.set_state(1, apply<formulas::Maximum>(multiply(p[beta2], p.state(1)), size));
  const Tensor rate = p.rounded(divide(p.exact(lr), bias(p, beta1, t)));
  p.set(subtract(p.w(), multiply(rate, divide(mean, norm))));
}

void nadam(const Parameter& p) {
  enum { lr, beta1, beta2, eps, weight_decay, momentum_decay, decoupled, maximize };
  const Tensor t = p.count();
  const auto momentum = [&](const Tensor& step) {
    const Tensor decay = power(number(0.96, step), multiply(step, p.exact(momentum_decay)));
    return multiply(p.exact(beta1), one_minus(multiply(decay, 0.5)));
  };
  const Tensor mu = momentum(t), next = momentum(add(t, 1));
  Tensor g = gradient(p, maximize);
  const Tensor w = decay_weights(p, g, lr, weight_decay, decoupled);
  const Tensor mean = p.set_state(0, moved(p, p.state(0), g, beta1));
  const Tensor second = p.set_state(1, moved_square(p, p.state(1), g, beta2));
  const Tensor product = p.set_number(2, multiply(p.number(2), cast(cast(mu, DType::float32), mu.dtype())));
  const Tensor of_gradient = divide(multiply(p.exact(lr), one_minus(mu)), one_minus(product));
  const Tensor of_mean = divide(multiply(p.exact(lr), next), one_minus(multiply(product, next)));
  const Tensor denominator = add(divide(root(second), p.rounded(root(bias(p, beta2, t)))), p[eps]);
  const Tensor move = add(multiply(p.rounded(of_gradient), g), multiply(p.rounded(of_mean), mean));
  p.set(subtract(w, divide(move, denominator)));
}

void radam(const Parameter& p) {
  enum { lr, beta1, beta2, eps, weight_decay, decoupled, maximize };
  const Tensor t = p.count();
  Tensor g = gradient(p, maximize);
  const Tensor w = decay_weights(p, g, lr, weight_decay, decoupled);
  const Tensor mean = p.set_state(0, moved(p, p.state(0), g, beta1));
  const Tensor second = p.set_state(1, moved_square(p, p.state(1), g, beta2));
  const Tensor limit = add(divide(number(2, t), one_minus(p.exact(beta2))), -1), left = bias(p, beta2, t);
  const Tensor rho = subtract(limit, divide(multiply(multiply(t, 2), one_minus(left)), left));
  const auto product = [](const Tensor& x) { return multiply(add(x, -4), add(x, -2)); };
  const Tensor variance = divide(multiply(product(rho), limit), multiply(product(limit), rho));
  const Tensor rectified = test<formulas::Gt>(rho, number(5, rho));
  const Tensor rate = divide(p.exact(lr), bias(p, beta1, t));
  const Tensor adaptive = multiply(rate, root(multiply(variance, left)));
  const Tensor move = where(rectified, divide(mean, add(root(second), p[eps])), mean);
  p.set(subtract(w, multiply(p.rounded(where(rectified, adaptive, rate)), move)));
}

void asgd(const Parameter& p) {
  enum { lr, lambd, alpha, t0, weight_decay, maximize };
  const Tensor t = p.count(), eta = p.number(1), mu = p.number(2);
  const Tensor g = decayed(p, gradient(p, maximize), weight_decay);
  const Tensor kept = p.rounded(one_minus(multiply(p.exact(lambd), eta)));
  const Tensor w = subtract(multiply(p.w(), kept), multiply(p.rounded(eta), g));
  const Tensor averaged = add(p.state(0), multiply(p.rounded(mu), subtract(w, p.state(0))));
  p.set_state(0, where(test<formulas::Eq>(mu, number(1, mu)), w, averaged));
  const Tensor growth = add(multiply(multiply(p.exact(lambd), p.exact(lr)), t), 1);
  p.set_number(1, divide(p.exact(lr), power(growth, p.exact(alpha))));
  p.set_number(2, divide(number(1, t), apply<formulas::Maximum>(subtract(t, p.exact(t0)), number(1, t))));
  p.set(w);
}

void rprop(const Parameter& p) {
  enum { lr, shrinking, growing, least, most, maximize };
  p.count();
  const Tensor g = gradient(p, maximize), both = multiply(g, p.state(0)), zero = number(0, g);
  const Tensor turned = test<formulas::Lt>(both, zero);
  const Tensor factor =
      where(turned, p[shrinking], where(test<formulas::Gt>(both, zero), p[growing], number(1, g)));
  const Tensor grown = apply<formulas::Maximum>(multiply(p.state(1), factor), p[least]);
  const Tensor size = p.set_state(1, apply<formulas::Minimum>(grown, p[most]));
  const Tensor d = p.set_state(0, where(turned, zero, g));
  p.set(subtract(p.w(), multiply(size, apply<formulas::Sign>(d))));
}

void lion(const Parameter& p) {
  enum { lr, beta1, beta2, weight_decay, maximize };
  const Tensor g = gradient(p, maximize);
  const Tensor move = apply<formulas::Sign>(moved(p, p.state(0), g, beta1));
  p.set_state(0, moved(p, p.state(0), g, beta2));
  const Tensor kept = p.rounded(one_minus(multiply(p.exact(lr), p.exact(weight_decay))));
  p.set(subtract(multiply(p.w(), kept), multiply(p[lr], move)));
}

}  // namespace

void optimizer_step(int optimizer, const OptimizerGroup& group, size_t i) {
  using Step = void (*)(const Parameter&);
  static constexpr Step steps[] = {sgd,  adam,  rmsprop, adagrad, adadelta, adamax,    nadam, radam,
                                   asgd, rprop, lion,    lamb,    lars,     adafactor, muon};
  static_assert(std::size(steps) == std::tuple_size_v<decltype(optimizer_info)>);
  if (group.params[i].numel() > 0) steps[optimizer](Parameter{group, i});
}

}  // namespace nncore::ops::composed
