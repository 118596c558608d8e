// Optimizer steps over groups of parameters, in place.
#pragma once
#include <vector>

#include "../backend/optimizers.h"
#include "../core/tensor.h"

namespace nncore::ops {

using Tensors = std::vector<Tensor>;

struct OptimizerGroup {
  Tensors params, grads;
  std::vector<Tensors> states;  // one like each parameter; empty where the settings do not need the state
  Tensors counts;               // of steps: one float32 number for each parameter, if the optimizer counts
  std::vector<bool> first;      // the step is the first of its parameter, and differs; empty: none does
  Tensor settings;              // float64
};

// optimizer: index in optimizer_info; ValueError if it is out of range.
const OptimizerInfo& info_of(int optimizer);

// One step. Nothing is written unless all groups are valid.
void optimize(int optimizer, const std::vector<OptimizerGroup>& groups);

}  // namespace nncore::ops
