// Advanced SIMD: aarch64.
#include <arm_neon.h>

#include "family.h"
#include NNCORE_TABLE

namespace {
#include "reg_neon.h"
//
#include "vec.h"
//
#include NNCORE_FAMILY
}  // namespace

extern "C" const auto NNCORE_SYMBOL = kernels;
