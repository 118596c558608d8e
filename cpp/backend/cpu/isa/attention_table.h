#pragma once
#include <cstdint>

namespace nncore {

// Scores of some queries (rows) against some keys: v = scale * score + bias. Row i sees the keys j <= i +
// ahead only; the others count as v = -inf.
template <class T>
struct AttentionTile {
  int64_t rows, keys, ahead;
  T* scores;  // (rows, keys), the same memory as p = exp(v - shift)
  int64_t ld;
  const T* bias;  // or null
  int64_t ld_bias;
  T scale;

  // forward, of each row: the largest v and the sum of exp(v - largest) so far, and what earlier results are
  // to be multiplied by
  T *largest, *sum, *factor;

  // backward: dv = scale p (dp - delta) over dp, with shift = lse, the log of the sum of exp(v)
  T* dp;
  const T *lse, *delta;
};

template <class T>
struct AttentionKernels {
  void (*softmax)(const AttentionTile<T>&);
  void (*softmax_bwd)(const AttentionTile<T>&);
  // x[i] *= factor[i] for rows of n
  void (*scale_rows)(int64_t rows, int64_t n, const T* factor, T* x, int64_t ld);
  // factor = 1 / sum, lse = largest + log(sum); for a row that sees nothing 0 and infinity
  void (*finish)(int64_t rows, const T* largest, const T* sum, T* factor, T* lse);
};

}  // namespace nncore
