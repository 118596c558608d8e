// Adam and its variants. See formulas_optim.h, which includes this file.
#pragma once

namespace optimizers {

// The decay of weights that is added to the gradient, and the factor of the weights where it is decoupled.
template <class Values>
constexpr double added_decay(const Values& v) {
  return v.decoupled != 0 ? 0 : v.weight_decay;
}
template <class Values>
constexpr double kept(const Values& v) {
  return v.decoupled != 0 ? 1 - v.lr * v.weight_decay : 1;
}

// Kingma and Ba 2015, algorithm 1; amsgrad: Reddi et al. 2018; decoupled decay: Loshchilov and Hutter 2019.
struct Adam : Optimizer {
  static constexpr const char* name = "adam";
  struct Values {
    double lr, beta1, beta2, eps, weight_decay, amsgrad, decoupled, maximize;
  };
  static constexpr Setting settings[] = {
      {.name = "lr", .text = "Invalid learning rate"},
      {.name = "betas", .below = 1, .text = "Invalid beta parameter at index 0"},
      {.name = "betas", .below = 1, .text = "Invalid beta parameter at index 1"},
      {.name = "eps", .least = positive, .text = "Invalid epsilon value"},
      {.name = "weight_decay"},
      {.name = "amsgrad", .flag = true},
      {.name = "decoupled_weight_decay", .flag = true},
      {.name = "maximize", .flag = true}};
  static constexpr State states[] = {
      {.name = "exp_avg"}, {.name = "exp_avg_sq"}, {.name = "max_exp_avg_sq", .copy_of = 1}};
  static constexpr bool uses(int i, const Values& v) { return i < 2 || v.amsgrad != 0; }
  static constexpr bool counts_steps = true;
  static constexpr int powers = 2;
  static constexpr Power power(int i, const Values& v, double t) { return {i == 0 ? v.beta1 : v.beta2, t}; }

  template <class V>
  struct Step {
    using T = typename V::Scalar;
    Gradient<V> gradient;
    T rate;    // -lr / (1 - beta1^t)
    T shrink;  // see kept()
    T root;    // 1 / sqrt(1 - beta2^t)
    T one_minus_beta1, beta2, one_minus_beta2, eps;
    bool amsgrad;

    Step(const Values& v, const Moment& now)
        : gradient(added_decay(v), v.maximize),
          rate(-T(v.lr / (1 - now.powers[0]))),
          shrink(T(kept(v))),
          root(T(1 / __builtin_sqrt(1 - now.powers[1]))),
          one_minus_beta1(T(1 - v.beta1)),
          beta2(T(v.beta2)),
          one_minus_beta2(T(1 - v.beta2)),
          eps(T(v.eps)),
          amsgrad(is_on(v.amsgrad)) {}
    NNCORE_INLINE void operator()(V& w, V g, V* state) const {
      const V d = gradient(w, g);
      V &mean = state[0], &square = state[1], &largest = state[2];
      mean = fma(V(one_minus_beta1), d - mean, mean);
      square = fma(V(one_minus_beta2) * d, d, V(beta2) * square);
      V second = square;
      if (amsgrad) second = largest = max(largest, square);
      const V denominator = fma(sqrt(second), V(root), V(eps));
      w = fma(V(rate), quotient(mean, denominator), V(shrink) * w);
    }
  };
};

// Kingma and Ba 2015, algorithm 2: the infinity norm in place of the root mean square.
struct Adamax : Optimizer {
  static constexpr const char* name = "adamax";
  struct Values {
    double lr, beta1, beta2, eps, weight_decay, maximize;
  };
  static constexpr Setting settings[] = {
      {.name = "lr", .text = "Invalid learning rate"},
      {.name = "betas", .below = 1, .text = "Invalid beta parameter at index 0"},
      {.name = "betas", .below = 1, .text = "Invalid beta parameter at index 1"},
      {.name = "eps", .least = positive, .text = "Invalid epsilon value"},
      {.name = "weight_decay"},
      {.name = "maximize", .flag = true}};
  static constexpr State states[] = {{.name = "exp_avg"}, {.name = "exp_inf"}};
  static constexpr bool counts_steps = true;
  static constexpr int powers = 1;
  static constexpr Power power(int, const Values& v, double t) { return {v.beta1, t}; }

  template <class V>
  struct Step {
    using T = typename V::Scalar;
    Gradient<V> gradient;
    T rate, one_minus_beta1, beta2, eps;

    Step(const Values& v, const Moment& now)
        : gradient(v.weight_decay, v.maximize),
          rate(-T(v.lr / (1 - now.powers[0]))),
          one_minus_beta1(T(1 - v.beta1)),
          beta2(T(v.beta2)),
          eps(T(v.eps)) {}
    NNCORE_INLINE void operator()(V& w, V g, V* state) const {
      const V d = gradient(w, g);
      V &mean = state[0], &norm = state[1];
      mean = fma(V(one_minus_beta1), d - mean, mean);
      norm = max(V(beta2) * norm, abs(d) + V(eps));
      w = fma(V(rate), quotient(mean, norm), w);
    }
  };
};

// Adam with Nesterov momentum: Dozat 2016. mu_product is the product of the momenta of all steps.
struct NAdam : Optimizer {
  static constexpr const char* name = "nadam";
  struct Values {
    double lr, beta1, beta2, eps, weight_decay, momentum_decay, decoupled, maximize;
  };
  static constexpr Setting settings[] = {
      {.name = "lr", .text = "Invalid learning rate"},
      {.name = "betas", .below = 1, .text = "Invalid beta parameter at index 0"},
      {.name = "betas", .below = 1, .text = "Invalid beta parameter at index 1"},
      {.name = "eps", .least = positive, .text = "Invalid epsilon value"},
      {.name = "weight_decay"},
      {.name = "momentum_decay"},
      {.name = "decoupled_weight_decay", .flag = true},
      {.name = "maximize", .flag = true}};
  static constexpr State states[] = {{.name = "exp_avg"},
                                     {.name = "exp_avg_sq"},
                                     {.name = "mu_product", .extent = Extent::number, .start = 1}};
  static constexpr bool counts_steps = true;
  static constexpr int powers = 3;
  static constexpr Power power(int i, const Values& v, double t) {
    return i == 0 ? Power{v.beta2, t} : Power{0.96, (t + (i - 1)) * v.momentum_decay};
  }
  // The momentum of this step (i = 1) and of the next one (i = 2).
  static constexpr double momentum(const Values& v, const Moment& now, int i) {
    return v.beta1 * (1 - 0.5 * now.powers[i]);
  }
  static constexpr double next(int, const Values& v, const Moment& now) {
    return float(now.numbers[2]) * float(momentum(v, now, 1));
  }

  template <class V>
  struct Step {
    using T = typename V::Scalar;
    Gradient<V> gradient;
    T shrink, of_gradient, of_mean;  // the factors of both parts of the move
    T one_minus_beta1, beta2, one_minus_beta2, root, eps;

    Step(const Values& v, const Moment& now)
        : gradient(added_decay(v), v.maximize),
          shrink(T(kept(v))),
          of_gradient(-T(v.lr * (1 - momentum(v, now, 1)) / (1 - next(2, v, now)))),
          of_mean(-T(v.lr * momentum(v, now, 2) / (1 - next(2, v, now) * momentum(v, now, 2)))),
          one_minus_beta1(T(1 - v.beta1)),
          beta2(T(v.beta2)),
          one_minus_beta2(T(1 - v.beta2)),
          root(T(1 / __builtin_sqrt(1 - now.powers[0]))),
          eps(T(v.eps)) {}
    NNCORE_INLINE void operator()(V& w, V g, V* state) const {
      const V d = gradient(w, g);
      V &mean = state[0], &square = state[1];
      mean = fma(V(one_minus_beta1), d - mean, mean);
      square = fma(V(one_minus_beta2) * d, d, V(beta2) * square);
      const V move = fma(V(of_gradient), d, V(of_mean) * mean);
      w = fma(V(shrink), w, quotient(move, fma(sqrt(square), V(root), V(eps))));
    }
  };
};

// Liu et al. 2020, algorithm 2: without the root mean square while its variance is not tractable.
struct RAdam : Optimizer {
  static constexpr const char* name = "radam";
  struct Values {
    double lr, beta1, beta2, eps, weight_decay, decoupled, maximize;
  };
  static constexpr Setting settings[] = {
      {.name = "lr", .text = "Invalid learning rate"},
      {.name = "betas", .below = 1, .text = "Invalid beta parameter at index 0"},
      {.name = "betas", .below = 1, .text = "Invalid beta parameter at index 1"},
      {.name = "eps", .least = positive, .text = "Invalid epsilon value"},
      {.name = "weight_decay"},
      {.name = "decoupled_weight_decay", .flag = true},
      {.name = "maximize", .flag = true}};
  static constexpr State states[] = {{.name = "exp_avg"}, {.name = "exp_avg_sq"}};
  static constexpr bool counts_steps = true;
  static constexpr int powers = 2;
  static constexpr Power power(int i, const Values& v, double t) { return {i == 0 ? v.beta1 : v.beta2, t}; }
  // The length of the simple moving average that stands for the exponential one, and its limit.
  static constexpr double limit(const Values& v) { return 2 / (1 - v.beta2) - 1; }
  static constexpr double length(const Values& v, const Moment& now) {
    return limit(v) - 2 * now.t * now.powers[1] / (1 - now.powers[1]);
  }
  static double rectification(const Values& v, const Moment& now) {
    const double rho = length(v, now), all = limit(v);
    return __builtin_sqrt((rho - 4) * (rho - 2) * all / ((all - 4) * (all - 2) * rho) * (1 - now.powers[1]));
  }

  template <class V>
  struct Step {
    using T = typename V::Scalar;
    Gradient<V> gradient;
    bool rectified;
    T rate, shrink, one_minus_beta1, beta2, one_minus_beta2, eps;

    Step(const Values& v, const Moment& now)
        : gradient(added_decay(v), v.maximize),
          rectified(length(v, now) > 5),
          rate(-T(v.lr / (1 - now.powers[0]) * (rectified ? rectification(v, now) : 1))),
          shrink(T(kept(v))),
          one_minus_beta1(T(1 - v.beta1)),
          beta2(T(v.beta2)),
          one_minus_beta2(T(1 - v.beta2)),
          eps(T(v.eps)) {}
    NNCORE_INLINE void operator()(V& w, V g, V* state) const {
      const V d = gradient(w, g);
      V &mean = state[0], &square = state[1];
      mean = fma(V(one_minus_beta1), d - mean, mean);
      square = fma(V(one_minus_beta2) * d, d, V(beta2) * square);
      const V move = rectified ? quotient(mean, sqrt(square) + V(eps)) : mean;
      w = fma(V(rate), move, V(shrink) * w);
    }
  };
};

}  // namespace optimizers
