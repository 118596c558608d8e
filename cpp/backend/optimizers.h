// The optimizers of formulas_optim.h for code that knows one by its index in the list.
#pragma once
#include <array>
#include <span>

namespace nncore {
#include "formulas.h"
//
#include "formulas_optim.h"

struct OptimizerInfo {
  const char* name;
  std::span<const optimizers::Setting> settings;
  std::span<const optimizers::State> states;
  bool counts_steps;
  int powers;
  // values: all settings as numbers
  bool (*uses)(int state, const double* values);
  optimizers::Power (*power)(int i, const double* values, double t);
  double (*next)(int state, const double* values, const optimizers::Moment& moment);
  bool (*first_differs)(const double* values);
  const char* (*refuses)(const double* values);
};
// Of OptimizerOps, and of ComposedOptimizers after them.
extern const std::array<OptimizerInfo, OptimizerOps::size + ComposedOptimizers::size> optimizer_info;

}  // namespace nncore
