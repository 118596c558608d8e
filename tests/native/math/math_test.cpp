// Accuracy, special values and derivatives of the elementwise formulas, and their speed.
//   math_test                 a dense sample
//   math_test --all [op]      every float32 value (hours; one op: minutes)
//   math_test --speed
#include <cstdio>
#include <cstring>

#include "core/cpu.h"
#include "core/fpmode.h"
#include "reference.h"

extern "C" {
extern const nncore::Level nncore_level_scalar;
#if defined(__x86_64__)
extern const nncore::Level nncore_level_avx2, nncore_level_avx512;
#elif defined(__aarch64__)
extern const nncore::Level nncore_level_neon;
#endif
}

int main(int argc, char** argv) {
  using namespace nncore;
  const FlushSubnormals flush;
  const Level* level = &nncore_level_scalar;
#if defined(__x86_64__)
  if (cpu_features().avx2_level) level = &nncore_level_avx2;
#elif defined(__aarch64__)
  level = &nncore_level_neon;
#endif
  const char* mode = argc > 1 ? argv[1] : "";
  const char* only = argc > 2 ? argv[2] : nullptr;
  if (std::strcmp(mode, "--speed") == 0) {
    math_test::measure_speed(*level);
#if defined(__x86_64__)
    if (cpu_features().avx512_level) math_test::measure_speed(nncore_level_avx512);
#endif
    return 0;
  }
  const bool all = std::strcmp(mode, "--all") == 0;
  int failed = 0;
  if (!only) failed += math_test::check_special(*level) + math_test::check_derivatives(*level);
  failed += math_test::check_accuracy(*level, all, only);
  std::printf("%d failed\n", failed);
  return failed != 0;
}
