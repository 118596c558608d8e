// The reference: one lane at a time, fma() from the C library, for any processor.

#include "level.h"

namespace {
#include "reg_scalar.h"
//
#include "vec.h"
//
#include NNCORE_FAMILY
}  // namespace

extern "C" const auto NNCORE_SYMBOL = kernels;
