// AVX-512: x86-64-v4.
#include <immintrin.h>

#include "family.h"
#include NNCORE_TABLE

namespace {
#include "reg_avx512.h"
//
#include "vec.h"
//
#include NNCORE_FAMILY
}  // namespace

extern "C" const auto NNCORE_SYMBOL = kernels;
