// Advanced SIMD: aarch64.
#include <arm_neon.h>

#include "level.h"

namespace {
#include "reg_neon.h"
//
#include "level.inl"
}  // namespace

extern "C" const nncore::Level nncore_level_neon = {"neon", level_kernels<float>(), level_kernels<double>()};
