// The mathematics of every optimizer, once: its settings, what it keeps of a parameter, and one step of one
// element, generic over the vector type V. The kernels of all levels, the binding, the checks and state_dict
// follow from the list at the end. Definitions are PyTorch's. To be included after formulas.h inside the
// namespace of its user. An optimizer has
//   name                   its name in the core
//   Values                 its settings as numbers, a flag as 0 or 1, in the order of `settings`
//   settings               their names in a parameter group and their ranges; a name that stands twice is a
//   pair states                 what it keeps of each element, with PyTorch's names, 0 at first Step<V> made
//   from (values, powers, first) once for each call; step(w, g, state) moves a vector
//                          of elements w with gradients g, and the vectors of its states
// and, where it differs from what `Optimizer` states,
//   uses(i, values)        whether these settings need state i
//   counts_steps           whether each parameter has a number of steps, `step`
//   powers, power(i, v)    numbers of which a step reads the t-th power, in step t
//   first_differs(values)  whether the first step of a parameter differs from the others
//   refuses(values)        why settings that are right one by one do not fit together, or null
#pragma once

namespace optimizers {

constexpr double infinity = __builtin_inf(), positive = 0x1p-1074;

struct Setting {
  const char* name;
  double least = 0, below = infinity;
  const char* called = nullptr;  // in errors; by default "<name> value"
  bool flag = false;
};
struct State {
  const char* name;
  int copy_of = -1;  // it begins as a copy of another state
};

struct Optimizer {
  static constexpr bool counts_steps = false;
  static constexpr int powers = 0;
  template <class Values>
  static constexpr bool uses(int, const Values&) {
    return true;
  }
  template <class Values>
  static constexpr double power(int, const Values&) {
    return 0;
  }
  template <class Values>
  static constexpr bool first_differs(const Values&) {
    return false;
  }
  template <class Values>
  static constexpr const char* refuses(const Values&) {
    return nullptr;
  }
};

// a / b for float32, b > 0: a reciprocal from the bits of b (e is at most 0.051), a step of fourth order and
// a correction by the remainder; the error is one rounding. This avoids the divider, which is busy with the
// root in b. If e is large, b is zero, infinite, NaN or above 2^126.
template <class V>
NNCORE_INLINE V quotient(V a, V b) {
  if constexpr (!is_float<V>) {
    return a / b;
  } else {
    const V guess = bit_add(bit_xor(b, V::from_bits(0xffffffff)), V::from_bits(0x7ef311c8));
    const V e = fma(-b, guess, V(1)), y = fma(fma(fma(e, e, e), e, e), guess, guess);
    const V q = a * y, right = fma(fma(-b, q, a), y, q);
    const auto near = abs(e) <= V(.06f);
    if (all(near)) [[likely]]
      return right;
    return select(near, right, a / b);
  }
}

// Whether a setting is not 0, by its bits: the compiler keeps such a condition outside the loop.
NNCORE_INLINE bool is_on(double setting) { return __builtin_bit_cast(unsigned long long, setting) << 1 != 0; }

// The gradient of a step: maximized, and with the decay of the weights added.
template <class V>
struct Gradient {
  using T = typename V::Scalar;
  T decay;
  bool maximize, decays;

  Gradient(double decay, double maximize)
      : decay(T(decay)), maximize(is_on(maximize)), decays(is_on(decay)) {}
  NNCORE_INLINE V operator()(V w, V g) const {
    if (maximize) g = -g;
    if (decays) g = fma(V(decay), w, g);
    return g;
  }
};

// Momentum: Sutskever et al. 2013.
struct Sgd : Optimizer {
  static constexpr const char* name = "sgd";
  struct Values {
    double lr, momentum, dampening, weight_decay, nesterov, maximize;
  };
  static constexpr Setting settings[] = {
      {.name = "lr", .called = "learning rate"}, {.name = "momentum"},
      {.name = "dampening", .least = -infinity}, {.name = "weight_decay"},
      {.name = "nesterov", .flag = true},        {.name = "maximize", .flag = true}};
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

    Step(const Values& v, const double*, bool first)
        : gradient(v.weight_decay, v.maximize),
          rate(-T(v.lr)),
          momentum(T(v.momentum)),
          carry(first ? T(0) : T(v.momentum)),
          keep(first ? T(1) : T(1 - v.dampening)),
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

// Kingma and Ba 2015, algorithm 1; amsgrad: Reddi et al. 2018; decoupled decay: Loshchilov and Hutter 2019.
struct Adam : Optimizer {
  static constexpr const char* name = "adam";
  struct Values {
    double lr, beta1, beta2, eps, weight_decay, amsgrad, maximize;
  };
  static constexpr Setting settings[] = {{.name = "lr", .called = "learning rate"},
                                         {.name = "betas", .below = 1, .called = "beta parameter at index 0"},
                                         {.name = "betas", .below = 1, .called = "beta parameter at index 1"},
                                         {.name = "eps", .least = positive, .called = "epsilon value"},
                                         {.name = "weight_decay"},
                                         {.name = "amsgrad", .flag = true},
                                         {.name = "maximize", .flag = true}};
  static constexpr State states[] = {
      {.name = "exp_avg"}, {.name = "exp_avg_sq"}, {.name = "max_exp_avg_sq", .copy_of = 1}};
  static constexpr bool uses(int i, const Values& v) { return i < 2 || v.amsgrad != 0; }
  static constexpr bool counts_steps = true;
  static constexpr int powers = 2;
  static constexpr double power(int i, const Values& v) { return i == 0 ? v.beta1 : v.beta2; }

  template <class V>
  struct Step {
    using T = typename V::Scalar;
    Gradient<V> gradient;
    T rate;    // -lr / (1 - beta1^t)
    T shrink;  // 1 - lr weight_decay where the decay is decoupled
    T root;    // 1 / sqrt(1 - beta2^t)
    T one_minus_beta1, beta2, one_minus_beta2, eps;
    bool amsgrad;

    Step(const Values& v, const double* powers, bool, bool decoupled = false)
        : gradient(decoupled ? 0 : v.weight_decay, v.maximize),
          rate(-T(v.lr / (1 - powers[0]))),
          shrink(decoupled ? T(1 - v.lr * v.weight_decay) : T(1)),
          root(T(1 / __builtin_sqrt(1 - powers[1]))),
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

struct AdamW : Adam {
  static constexpr const char* name = "adamw";
  template <class V>
  struct Step : Adam::Step<V> {
    Step(const Values& v, const double* powers, bool first) : Adam::Step<V>(v, powers, first, true) {}
  };
};

// Tieleman and Hinton 2012; centered: Graves 2013, equations 38 to 45.
struct RmsProp : Optimizer {
  static constexpr const char* name = "rmsprop";
  struct Values {
    double lr, alpha, eps, weight_decay, momentum, centered, maximize;
  };
  static constexpr Setting settings[] = {{.name = "lr", .called = "learning rate"},
                                         {.name = "alpha", .below = 1},
                                         {.name = "eps", .least = positive, .called = "epsilon value"},
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

    Step(const Values& v, const double*, bool)
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

}  // namespace optimizers

using OptimizerOps = OpList<optimizers::Sgd, optimizers::Adam, optimizers::AdamW, optimizers::RmsProp>;

constexpr int max_optimizer_states = 3, max_optimizer_powers = 2;
