// Steps of optimizers that read norms of whole parameters, and Muon's.
#include <cmath>

#include "../linear.h"
#include "optim.h"

namespace nncore::ops::composed {

namespace {

Tensor norm(const Tensor& x) { return root(sum(square(x), {}, false)); }
Tensor at_least(const Tensor& x, const Tensor& least) { return apply<formulas::Maximum>(x, least); }
// a / b, but 1 where either is 0
Tensor trust(const Tensor& a, const Tensor& b) {
  return where(is_zero(multiply(a, b)), number(1, a), divide(a, b));
}

// The mean of squares along an axis of a matrix, which keeps one element.
Tensor mean_square(const Tensor& g, int64_t axis) { return mean(square(g), {&axis, 1}, true); }

// Approaches U V^T for x = U S V^T: Newton and Schulz's iteration of fifth order.
Tensor orthogonal(const Parameter& p, Tensor x, int64_t a, int64_t b, int64_t c, int64_t eps, int steps) {
  const bool tall = x.size(0) > x.size(1);
  if (tall) x = transpose(x, 0, 1);
  x = divide(x, at_least(norm(x), p[eps]));
  for (int step = 0; step < steps; step++) {
    const Tensor gram = product(x, x, false, true);
    const Tensor change = add(multiply(p[b], gram), multiply(p[c], product(gram, gram, false, false)));
    x = add(multiply(p[a], x), product(change, x, false, false));
  }
  return tall ? transpose(x, 0, 1) : x;
}

}  // namespace

void lamb(const Parameter& p) {
  enum { lr, beta1, beta2, eps, weight_decay, maximize };
  const Tensor t = p.count();
  const auto bias = [&](int64_t beta) { return p.rounded(one_minus(power(p.exact(beta), t))); };
  const Tensor g = gradient(p, maximize);
  const Tensor mean = p.set_state(0, moved(p, p.state(0), g, beta1));
  const Tensor second = p.set_state(1, moved_square(p, p.state(1), g, beta2));
  const Tensor ratio = divide(divide(mean, bias(beta1)), add(root(divide(second, bias(beta2))), p[eps]));
  const Tensor move = decayed(p, ratio, weight_decay);
  p.set(subtract(p.w(), multiply(multiply(p[lr], trust(norm(p.w()), norm(move))), move)));
}

void lars(const Parameter& p) {
  enum { lr, momentum, weight_decay, trust_coefficient, maximize };
  const Tensor g = gradient(p, maximize), size = norm(p.w());
  const Tensor all = add(norm(g), multiply(p[weight_decay], size));
  const Tensor rate =
      where(is_zero(multiply(size, all)), number(1, size), multiply(p[trust_coefficient], divide(size, all)));
  const Tensor move = multiply(multiply(p[lr], rate), decayed(p, g, weight_decay));
  p.set(subtract(p.w(), p.set_state(0, add(multiply(p[momentum], p.state(0)), move))));
}

void adafactor(const Parameter& p) {
  enum { lr, beta2_decay, eps1, eps2, d, weight_decay, maximize };
  const Tensor t = p.count(), g = gradient(p, maximize), w = p.w();
  const double epsilon = w.dtype() == DType::float32 ? 0x1p-23 : 0x1p-52,
               root_size = std::sqrt(double(w.numel()));
  const Tensor eps =
      p.rounded(where(test<formulas::Lt>(p.exact(eps1), number(0, t)), number(epsilon, t), p.exact(eps1)));
  const Tensor fresh = p.rounded(power(t, p.exact(beta2_decay)));
  const auto average = [&](size_t k, const Tensor& x) {
    return p.set_state(k, add(p.state(k), multiply(fresh, subtract(x, p.state(k)))));
  };
  Tensor variance;
  if (p.has(2)) {
    variance = average(2, square(g));
  } else {
    const int64_t rows = -2;
    const Tensor column = average(0, mean_square(g, -1)), row = average(1, mean_square(g, -2));
    variance = divide(multiply(column, row), at_least(mean(column, {&rows, 1}, true), eps));
  }
  const Tensor move = divide(g, root(at_least(variance, square(eps))));
  const Tensor clipped = at_least(divide(norm(move), multiply(p[d], root_size)), number(1, w));
  const Tensor most = apply<formulas::Minimum>(p.exact(lr), apply<formulas::Rsqrt>(t));
  const Tensor rate = multiply(at_least(multiply(norm(w), 1 / root_size), p[eps2]), p.rounded(most));
  const Tensor kept = p.rounded(one_minus(multiply(p.exact(lr), p.exact(weight_decay))));
  p.set(subtract(multiply(w, kept), multiply(divide(rate, clipped), move)));
}

void muon(const Parameter& p) {
  enum { lr, weight_decay, momentum, nesterov, a, b, c, eps, adjust };
  const Tensor g = p.grad(), mean = p.set_state(0, moved(p, p.state(0), g, momentum));
  const Tensor ahead = add(g, multiply(p[momentum], subtract(mean, g)));
  const Tensor move =
      orthogonal(p, where(p.flag(nesterov), ahead, mean), a, b, c, eps, int(p.group.fixed.at(0)));
  const double rows = double(g.size(0)), columns = double(g.size(1));
  const auto chosen = [&](double choice) {
    return test<formulas::Eq>(p.exact(adjust), number(choice, p.exact(adjust)));
  };
  const Tensor factor = where(chosen(0), number(std::sqrt(std::max(1.0, rows / columns)), g),
                              where(chosen(1), number(0.2 * std::sqrt(std::max(rows, columns)), g),
                                    number(std::sqrt(rows / columns), g)));
  const Tensor kept = p.rounded(one_minus(multiply(p.exact(lr), p.exact(weight_decay))));
  p.set(subtract(multiply(p.w(), kept), multiply(multiply(p[lr], factor), move)));
}

}  // namespace nncore::ops::composed
