// Gradient descent with momentum or averages, and steps by the sign of the gradient. See formulas_optim.h,
// which includes this file.
#pragma once

namespace optimizers {

template <class V>
NNCORE_INLINE V sign(V x) {
  return select(x < V(0), V(-1), select(x > V(0), V(1), x));
}

// Momentum: Sutskever et al. 2013.
struct Sgd : Optimizer {
  static constexpr const char* name = "sgd";
  struct Values {
    double lr, momentum, dampening, weight_decay, nesterov, maximize;
  };
  static constexpr Setting settings[] = {{.name = "lr", .text = "Invalid learning rate"},
                                         {.name = "momentum"},
                                         {.name = "dampening", .least = -infinity},
                                         {.name = "weight_decay"},
                                         {.name = "nesterov", .flag = true},
                                         {.name = "maximize", .flag = true}};
  static constexpr State states[] = {{.name = "momentum_buffer"}};
  static constexpr bool uses(int, const Values& v) { return v.momentum != 0; }
  static constexpr bool first_differs(const Values& v) { return v.momentum != 0 && v.dampening != 0; }
  static constexpr const char* refuses(const Values& v) {
    return v.nesterov != 0 && (v.momentum <= 0 || v.dampening != 0)
               ? "Nesterov momentum requires a momentum and zero dampening"
               : nullptr;
  }
  template <class V>
  struct Step {
    using T = typename V::Scalar;
    Gradient<V> gradient;
    T rate, momentum, carry, keep;  // buffer = carry buffer + keep g
    bool has_momentum, nesterov;

    Step(const Values& v, const Moment& now)
        : gradient(v.weight_decay, v.maximize),
          rate(-T(v.lr)),
          momentum(T(v.momentum)),
          carry(is_on(now.first) ? T(0) : T(v.momentum)),
          keep(is_on(now.first) ? T(1) : T(1 - v.dampening)),
          has_momentum(is_on(v.momentum)),
          nesterov(is_on(v.nesterov)) {}
    NNCORE_INLINE void operator()(V& w, V g, V* buffer) const {
      V d = gradient(w, g);
      if (has_momentum) {
        const V b = *buffer = fma(V(carry), *buffer, V(keep) * d);
        d = nesterov ? fma(V(momentum), b, d) : b;
      }
      w = fma(V(rate), d, w);
    }
  };
};

// Averaged gradient descent: Polyak and Juditsky 1992. ax is the average, eta and mu are the rates of the
// weights and of the average in the next step.
struct Asgd : Optimizer {
  static constexpr const char* name = "asgd";
  struct Values {
    double lr, lambd, alpha, t0, weight_decay, maximize;
  };
  static constexpr Setting settings[] = {{.name = "lr", .text = "Invalid learning rate"},
                                         {.name = "lambd"},
                                         {.name = "alpha"},
                                         {.name = "t0", .least = -infinity},
                                         {.name = "weight_decay"},
                                         {.name = "maximize", .flag = true}};
  static constexpr State states[] = {{.name = "ax"},
                                     {.name = "eta", .extent = Extent::number, .setting = 0},
                                     {.name = "mu", .extent = Extent::number, .start = 1}};
  static constexpr bool counts_steps = true;
  static constexpr int powers = 1;
  static constexpr Power power(int, const Values& v, double t) { return {1 + v.lambd * v.lr * t, v.alpha}; }
  static constexpr double next(int i, const Values& v, const Moment& now) {
    return i == 1 ? v.lr / now.powers[0] : 1 / (now.t - v.t0 > 1 ? now.t - v.t0 : 1);
  }

  template <class V>
  struct Step {
    using T = typename V::Scalar;
    Gradient<V> gradient;
    T rate, shrink, mu;
    bool copies;

    Step(const Values& v, const Moment& now)
        : gradient(v.weight_decay, v.maximize),
          rate(-T(now.numbers[1])),
          shrink(T(1 - v.lambd * now.numbers[1])),
          mu(T(now.numbers[2])),
          copies(now.numbers[2] == 1) {}
    NNCORE_INLINE void operator()(V& w, V g, V* average) const {
      const V d = gradient(w, g);
      w = fma(V(rate), d, V(shrink) * w);
      *average = copies ? w : fma(V(mu), w - *average, *average);
    }
  };
};

// Riedmiller and Braun 1993: each weight has a step size of its own; after a change of sign it waits.
struct Rprop : Optimizer {
  static constexpr const char* name = "rprop";
  struct Values {
    double lr, shrinking, growing, least, most, maximize;
  };
  static constexpr Setting settings[] = {
      {.name = "lr", .text = "Invalid learning rate"},
      {.name = "etas", .least = -infinity, .text = "Invalid eta value at index 0"},
      {.name = "etas", .least = -infinity, .text = "Invalid eta value at index 1"},
      {.name = "step_sizes", .least = -infinity, .text = "Invalid step_sizes value at index 0"},
      {.name = "step_sizes", .least = -infinity, .text = "Invalid step_sizes value at index 1"},
      {.name = "maximize", .flag = true}};
  static constexpr State states[] = {{.name = "prev"}, {.name = "step_size", .setting = 0}};
  static constexpr bool counts_steps = true;

  template <class V>
  struct Step {
    using T = typename V::Scalar;
    Gradient<V> gradient;
    T shrinking, growing, least, most;

    Step(const Values& v, const Moment&)
        : gradient(0, v.maximize),
          shrinking(T(v.shrinking)),
          growing(T(v.growing)),
          least(T(v.least)),
          most(T(v.most)) {}
    NNCORE_INLINE void operator()(V& w, V g, V* state) const {
      V d = gradient(w, g);
      V &before = state[0], &size = state[1];
      const V both = d * before;
      const auto turned = both < V(0);
      size = size * select(turned, V(shrinking), select(both > V(0), V(growing), V(1)));
      size = min(max(size, V(least)), V(most));
      before = d = select(turned, V(0), d);
      w = fma(-size, sign(d), w);
    }
  };
};

// Chen et al. 2023, algorithm 2.
struct Lion : Optimizer {
  static constexpr const char* name = "lion";
  struct Values {
    double lr, beta1, beta2, weight_decay, maximize;
  };
  static constexpr Setting settings[] = {
      {.name = "lr", .text = "Invalid learning rate"},
      {.name = "betas", .below = 1, .text = "Invalid beta parameter at index 0"},
      {.name = "betas", .below = 1, .text = "Invalid beta parameter at index 1"},
      {.name = "weight_decay"},
      {.name = "maximize", .flag = true}};
  static constexpr State states[] = {{.name = "exp_avg"}};

  template <class V>
  struct Step {
    using T = typename V::Scalar;
    Gradient<V> gradient;
    T rate, shrink, one_minus_beta1, one_minus_beta2;

    Step(const Values& v, const Moment&)
        : gradient(0, v.maximize),
          rate(-T(v.lr)),
          shrink(T(1 - v.lr * v.weight_decay)),
          one_minus_beta1(T(1 - v.beta1)),
          one_minus_beta2(T(1 - v.beta2)) {}
    NNCORE_INLINE void operator()(V& w, V g, V* mean) const {
      const V change = gradient(w, g) - *mean;
      const V move = sign(fma(V(one_minus_beta1), change, *mean));
      *mean = fma(V(one_minus_beta2), change, *mean);
      w = fma(V(rate), move, V(shrink) * w);
    }
  };
};

}  // namespace optimizers
