// What this machine can do at most, measured: the other half of every benchmark.
#pragma once
#include <cstdint>

namespace nncore::cpu {

struct Limits {
  int threads;             // that took part; fewer than asked for where other processes hold the cores
  double fma_f32, fma_f64;  // operations a second, a fused multiply-add being two, with the level in use
  double triad,
      read;  // bytes a second over `bytes` of memory: a = b + s * c counts three arrays, as STREAM does
};

// The best rates seen within about `seconds` each. bytes: 0 for four times the last cache.
Limits measure_limits(int threads, double seconds = 0.1, int64_t bytes = 0);

}  // namespace nncore::cpu
