#pragma once
#include <cstdint>

namespace nncore {

// Each kernel reduces one chunk. The caller joins the chunks in a fixed order (backend/cpu/reduce.cpp).
template <class T>
struct ReduceKernels {
  using Chunk = T (*)(int64_t n, const T* x);
  using PairChunk = T (*)(int64_t n, const T* a, const T* b);
  // y[j] (+)= join over i, in rising order, of x[i * ld + j]
  using Columns = void (*)(int64_t rows, int64_t cols, int64_t ld, const T* x, T* y, bool accumulate);

  Chunk chunk[4];      // by Reduction
  Columns columns[4];  // by Reduction
  PairChunk dot;
};

}  // namespace nncore
