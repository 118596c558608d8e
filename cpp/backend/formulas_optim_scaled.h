// Optimizers that divide by the root of the sum or the mean of the squared gradients. See formulas_optim.h,
// which includes this file.
#pragma once

namespace optimizers {

// Tieleman and Hinton 2012; centered: Graves 2013, equations 38 to 45.
struct RmsProp : Optimizer {
  static constexpr const char* name = "rmsprop";
  struct Values {
    double lr, alpha, eps, weight_decay, momentum, centered, maximize;
  };
  static constexpr Setting settings[] = {{.name = "lr", .text = "Invalid learning rate"},
                                         {.name = "alpha", .below = 1},
                                         {.name = "eps", .least = positive, .text = "Invalid epsilon value"},
                                         {.name = "weight_decay"},
                                         {.name = "momentum"},
                                         {.name = "centered", .flag = true},
                                         {.name = "maximize", .flag = true}};
  static constexpr State states[] = {
      {.name = "square_avg"}, {.name = "momentum_buffer"}, {.name = "grad_avg"}};
  static constexpr bool uses(int i, const Values& v) {
    return i == 0 || (i == 1 ? v.momentum : v.centered) != 0;
  }
  static constexpr bool counts_steps = true;

  template <class V>
  struct Step {
    using T = typename V::Scalar;
    Gradient<V> gradient;
    T rate, alpha, one_minus_alpha, eps, momentum;
    bool has_momentum, centered;

    Step(const Values& v, const Moment&)
        : gradient(v.weight_decay, v.maximize),
          rate(-T(v.lr)),
          alpha(T(v.alpha)),
          one_minus_alpha(T(1 - v.alpha)),
          eps(T(v.eps)),
          momentum(T(v.momentum)),
          has_momentum(is_on(v.momentum)),
          centered(is_on(v.centered)) {}
    NNCORE_INLINE void operator()(V& w, V g, V* state) const {
      const V d = gradient(w, g);
      V &square = state[0], &buffer = state[1], &mean = state[2];
      square = fma(V(one_minus_alpha) * d, d, V(alpha) * square);
      V variance = square;
      if (centered) {
        mean = fma(V(one_minus_alpha), d - mean, mean);
        variance = max(V(0), fma(-mean, mean, square));
      }
      V move = quotient(d, sqrt(variance) + V(eps));
      if (has_momentum) move = buffer = fma(V(momentum), buffer, move);
      w = fma(V(rate), move, w);
    }
  };
};

// Duchi, Hazan and Singer 2011.
struct Adagrad : Optimizer {
  static constexpr const char* name = "adagrad";
  struct Values {
    double lr, lr_decay, weight_decay, initial_accumulator_value, eps, maximize;
  };
  static constexpr Setting settings[] = {{.name = "lr", .text = "Invalid learning rate"},
                                         {.name = "lr_decay"},
                                         {.name = "weight_decay"},
                                         {.name = "initial_accumulator_value"},
                                         {.name = "eps", .least = positive, .text = "Invalid epsilon value"},
                                         {.name = "maximize", .flag = true}};
  static constexpr State states[] = {{.name = "sum", .setting = 3}};
  static constexpr bool counts_steps = true;

  template <class V>
  struct Step {
    using T = typename V::Scalar;
    Gradient<V> gradient;
    T rate, eps;

    Step(const Values& v, const Moment& now)
        : gradient(v.weight_decay, v.maximize),
          rate(-T(v.lr / (1 + (now.t - 1) * v.lr_decay))),
          eps(T(v.eps)) {}
    NNCORE_INLINE void operator()(V& w, V g, V* sum) const {
      const V d = gradient(w, g);
      *sum = fma(d, d, *sum);
      w = fma(V(rate), quotient(d, sqrt(*sum) + V(eps)), w);
    }
  };
};

// Zeiler 2012.
struct Adadelta : Optimizer {
  static constexpr const char* name = "adadelta";
  struct Values {
    double lr, rho, eps, weight_decay, maximize;
  };
  static constexpr Setting settings[] = {{.name = "lr", .text = "Invalid learning rate"},
                                         {.name = "rho", .below = above_one},
                                         {.name = "eps", .least = positive, .text = "Invalid epsilon value"},
                                         {.name = "weight_decay"},
                                         {.name = "maximize", .flag = true}};
  static constexpr State states[] = {{.name = "square_avg"}, {.name = "acc_delta"}};
  static constexpr bool counts_steps = true;

  template <class V>
  struct Step {
    using T = typename V::Scalar;
    Gradient<V> gradient;
    T rate, rho, one_minus_rho, eps;

    Step(const Values& v, const Moment&)
        : gradient(v.weight_decay, v.maximize),
          rate(-T(v.lr)),
          rho(T(v.rho)),
          one_minus_rho(T(1 - v.rho)),
          eps(T(v.eps)) {}
    NNCORE_INLINE void operator()(V& w, V g, V* state) const {
      const V d = gradient(w, g);
      V &square = state[0], &moved = state[1];
      square = fma(V(one_minus_rho) * d, d, V(rho) * square);
      const V move = quotient(sqrt(moved + V(eps)), sqrt(square + V(eps))) * d;
      moved = fma(V(one_minus_rho) * move, move, V(rho) * moved);
      w = fma(V(rate), move, w);
    }
  };
};

}  // namespace optimizers
