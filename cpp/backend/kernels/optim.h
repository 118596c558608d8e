// One step of an optimizer on one parameter. Its settings are data (float64), so that a replay sees their
// current values.
#pragma once
#include "../cost.h"
#include "../kernel.h"
#include "../optimizers.h"

namespace nncore {

struct OptimizerStep {
  static constexpr Kernel kernel = Kernel::optimizer_step;
  static constexpr bool mixes_types = true;
  Out p;
  In grad;
  Out states[optimizers::max_states] = {};  // absent where the settings do not need it
  Out count = {};                           // of steps: one float32 number, advanced by one
  In settings;
  int64_t n;
  int optimizer;  // index in optimizer_info
  bool first;     // the step is the first of its parameter, and differs from the others

  // The number of states with as many elements as the parameter.
  int present() const {
    int found = 0;
    for (const Out& state : states) found += state && state.bytes == p.bytes;
    return found;
  }
  int64_t cost() const { return byte_cost((3 + 2 * present()) * p.bytes); }
  double flops() const { return (2.0 + 5.0 * present()) * double(n); }
  std::string text() const { return optimizer_info[size_t(optimizer)].name; }
  bool operator==(const OptimizerStep&) const = default;
};

}  // namespace nncore
