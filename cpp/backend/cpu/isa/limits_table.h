#pragma once
#include <cstdint>

namespace nncore {

// Loops that do nothing but reach a limit of the machine; every other kernel is measured against them.
template <class T>
struct LimitsKernels {
  int64_t (*fma)(int64_t steps, T* values);  // returns the operations done: 2 to each lane
  void (*triad)(int64_t n, T s, const T* a, const T* b, T* out);  // out = a + s * b
  T (*read)(int64_t n, const T* a);
};

}  // namespace nncore
