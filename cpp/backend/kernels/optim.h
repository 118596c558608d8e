// One step of an optimizer on one parameter. Settings that change from step to step are data (float64), so
// that a replay sees their values of today.
#pragma once
#include "../cost.h"
#include "../kernel.h"

namespace nncore {

// settings: lr, momentum, dampening, weight decay, and 1 while the buffer has no history, else 0.
struct Sgd {
  static constexpr Kernel kernel = Kernel::sgd;
  static constexpr bool mixes_types = true;
  Out p;
  In grad;
  Out buffer = {};  // with momentum
  In settings;
  int64_t n;
  bool nesterov, maximize;

  int64_t cost() const { return byte_cost(5 * p.bytes); }
  double flops() const { return (buffer ? 6.0 : 2.0) * double(n); }
  bool operator==(const Sgd&) const = default;
};

// settings: lr, beta1, beta2, eps, weight decay.
struct Adam {
  static constexpr Kernel kernel = Kernel::adam;
  static constexpr bool mixes_types = true;
  Out p;
  In grad;
  Out mean, square, max_square = {};  // max_square: with AMSGrad
  Out step;                           // one float32 number, advanced by one
  In settings;
  int64_t n;
  bool decoupled, maximize;

  int64_t cost() const { return byte_cost(7 * p.bytes); }
  double flops() const { return 12.0 * double(n); }
  bool operator==(const Adam&) const = default;
};

}  // namespace nncore
