#pragma once
#include <cstdint>

namespace nncore {

// By position in OptimizerOps (formulas_optim.h): one pass over a parameter, its gradient and its states;
// null for those that the settings do not need, and for states of one number. settings are the numbers of
// Values, moment those of optimizers::Moment.
template <class T>
struct OptimKernels {
  using Step = void (*)(int64_t n, const double* settings, const double* moment, T* p, const T* g,
                        T* const* states);
  const Step* step;
};

}  // namespace nncore
