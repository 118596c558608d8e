// AVX2 and FMA: x86-64-v3.
#include <immintrin.h>

#include "level.h"

namespace {
#include "reg_avx2.h"
//
#include "level.inl"
}  // namespace

extern "C" const nncore::Level nncore_level_avx2 = {"avx2", level_kernels<float>(), level_kernels<double>()};
