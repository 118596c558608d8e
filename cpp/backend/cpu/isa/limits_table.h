#pragma once
#include <cstdint>

namespace nncore {

// Loops that reach a limit of the machine; benchmarks compare the other kernels with them.
template <class T>
struct LimitsKernels {
  int64_t (*fma)(int64_t steps, T* values);  // returns the number of operations, 2 per multiply-add of a lane
  void (*triad)(int64_t n, T s, const T* a, const T* b, T* out);  // out = a + s * b
  T (*read)(int64_t n, const T* a);
};

}  // namespace nncore
