// The reference: one lane at a time, fma() from the C library, for any processor.

#include "level.h"

namespace {
#include "reg_scalar.h"
//
#include "level.inl"
}  // namespace

extern "C" const nncore::Level nncore_level_scalar = {"scalar", level_kernels<float>(),
                                                      level_kernels<double>()};
