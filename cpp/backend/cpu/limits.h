// What this machine can do at most, measured: the other half of every benchmark.
#pragma once
#include <cstdint>

namespace nncore::cpu {

struct Limits {
  // operations a second with the level in use, a fused multiply-add being two
  double fma_f32, fma_f64;
  // bytes a second; a = b + s * c counts three arrays, as STREAM does
  double triad, read;
};

// The best rates seen within about `seconds` each. bytes: of the streams together; 0 for four times the last
// cache.
Limits measure_limits(int threads, double seconds = 0.1, int64_t bytes = 0);

}  // namespace nncore::cpu
