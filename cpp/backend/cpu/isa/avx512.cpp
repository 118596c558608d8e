// AVX-512: x86-64-v4.
#include <immintrin.h>

#include "level.h"

namespace {
#include "reg_avx512.h"
//
#include "level.inl"
}  // namespace

extern "C" const nncore::Level nncore_level_avx512 = {"avx512", level_kernels<float>(),
                                                      level_kernels<double>()};
