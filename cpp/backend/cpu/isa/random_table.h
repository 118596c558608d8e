#pragma once
#include <cstdint>

namespace nncore {

template <class T>
struct RandomKernels {
  // y[i] = x[i] * scale + shift with probability 1 - p, else dropped. Uses the random numbers of the elements
  // begin, begin + 1, ... of a mask that starts at block `offset` of the seed; begin is a multiple of 32.
  void (*dropout)(int64_t n, int64_t begin, uint64_t seed, uint64_t offset, double p, const T* x, T scale,
                  T shift, T dropped, T* y);
};

}  // namespace nncore
