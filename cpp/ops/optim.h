// Optimizer steps over groups of parameters, in place.
#pragma once
#include <optional>
#include <vector>

#include "../backend/optimizers.h"
#include "../core/tensor.h"

namespace nncore::ops {

using Tensors = std::vector<Tensor>;

struct OptimizerGroup {
  Tensors params, grads;
  std::vector<Tensors> states;  // one tensor per parameter, undefined if it does not need the state; empty
                                // if the settings do not need it
  Tensors counts;               // of steps: one float32 number per parameter, if the optimizer counts them
  std::vector<bool> first;      // whether this is the parameter's first step, which differs; empty: none is
  Tensor settings;              // float64
  std::vector<double> fixed;    // the settings on which the calls of a step depend
};

// optimizer: index in optimizer_info; ValueError if it is out of range.
const OptimizerInfo& info_of(int optimizer);

// The shape of a state of a parameter, if it has the state.
std::optional<Shape> state_shape(const optimizers::State& state, const Shape& shape);

// Performs one step. Checks all groups before it writes anything.
void optimize(int optimizer, const std::vector<OptimizerGroup>& groups);

}  // namespace nncore::ops
