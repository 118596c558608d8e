// The mathematics of every optimizer, once: its settings, what it keeps of a parameter, and one step of one
// element, generic over the vector type V. The kernels of all levels, the binding, the checks and state_dict
// follow from the lists at the end. Definitions are PyTorch's. To be included after formulas.h inside the
// namespace of its user. An optimizer has
//   name       its name in the core
//   Values     its settings as numbers, a flag as 0 or 1, in the order of `settings`
//   settings   their names in a parameter group and their ranges; a name that stands several times is a tuple
//   states     what it keeps of each parameter, with PyTorch's names
//   Step<V>    made from (values, moment) once for each call; step(w, g, state) moves a vector of elements w
//              with gradients g, and the vectors of its states. Composed optimizers have none.
// and, where it differs from what `Optimizer` states,
//   uses(i, values)          whether these settings need state i
//   counts_steps             whether each parameter has a number of steps, `step`
//   powers, power(i, v, t)   how many powers step t reads, and their bases and exponents
//   next(i, v, moment)       the value of state i, a number, after the step
//   first_differs(values)    whether the first step of a parameter differs from the others
//   refuses(values)          why settings that are right one by one do not fit together, or null
#pragma once

namespace optimizers {

constexpr double infinity = __builtin_inf(), positive = 0x1p-1074, above_one = 0x1.0000000000001p0;
constexpr double not_allowed = __builtin_nan("");

struct Setting {
  const char* name;
  double least = 0, below = infinity;
  const char* text = nullptr;  // the start of errors; by default "Invalid <name> value"
  bool flag = false;
  bool fixed = false;             // the calls of a step depend on it
  double none = not_allowed;      // stands for None
  const char* choices = nullptr;  // the setting is one of these words, and its number the word's position
};

// The shape of a state: the parameter's; one float32 number; a matrix whose last axis (column), or whose last
// axis but one (row), has one element; the parameter's if it is not a matrix. The last three are of some
// parameters only.
enum class Extent { whole, number, column, row, vector };
struct State {
  const char* name;
  Extent extent = Extent::whole;
  double start = 0;                // its elements before the first step, or
  int copy_of = -1, setting = -1;  // the state whose copy, or the setting whose value it starts as
};

constexpr int max_states = 3, max_powers = 3;

struct Power {
  double base, exponent;
};

// What a step knows of its parameter besides elements, as numbers.
struct Moment {
  double t;                    // the number of this step, from 1
  double powers[max_powers];   // of power()
  double numbers[max_states];  // states of one number, before the step
  double first;                // 1 in a first step that differs from the others
};

struct Optimizer {
  static constexpr bool counts_steps = false;
  static constexpr int powers = 0;
  template <class Values>
  static constexpr bool uses(int, const Values&) {
    return true;
  }
  template <class Values>
  static constexpr Power power(int, const Values&, double) {
    return {};
  }
  template <class Values>
  static constexpr double next(int, const Values&, const Moment&) {
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

}  // namespace optimizers

#include "formulas_optim_adam.h"
#include "formulas_optim_composed.h"
#include "formulas_optim_descent.h"
#include "formulas_optim_scaled.h"

using OptimizerOps = OpList<optimizers::Sgd, optimizers::Adam, optimizers::RmsProp, optimizers::Adagrad,
                            optimizers::Adadelta, optimizers::Adamax, optimizers::NAdam, optimizers::RAdam,
                            optimizers::Asgd, optimizers::Rprop, optimizers::Lion>;
using ComposedOptimizers =
    OpList<optimizers::Lamb, optimizers::Lars, optimizers::Adafactor, optimizers::Muon>;
