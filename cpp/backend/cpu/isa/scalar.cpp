// The reference level: one lane at a time, with fma() of the C library, for any processor.
#include "family.h"
#include NNCORE_TABLE

namespace {
#include "reg_scalar.h"
//
#include "vec.h"
//
#include NNCORE_FAMILY
}  // namespace

extern "C" const auto NNCORE_SYMBOL = kernels;
