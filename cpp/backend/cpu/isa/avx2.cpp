// AVX2 and FMA: x86-64-v3.
#include <immintrin.h>

#include "family.h"
#include NNCORE_TABLE

namespace {
#include "reg_avx2.h"
//
#include "vec.h"
//
#include NNCORE_FAMILY
}  // namespace

extern "C" const auto NNCORE_SYMBOL = kernels;
