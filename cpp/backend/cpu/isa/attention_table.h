#pragma once
#include <cstdint>

namespace nncore {

// Scores of some queries (rows) against some keys: v = scale * score + bias. Row i sees the keys j <= i +
// ahead only, and of these none whose bias is -inf: they count as v = -inf, whatever the score, NaN too.
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

  // backward: p = exp(v - shift) share over the scores and dv = scale p (dp - delta) over dp
  T* dp;
  const T *shift, *share, *delta;
};

template <class T>
struct AttentionKernels {
  void (*softmax)(const AttentionTile<T>&);
  void (*softmax_bwd)(const AttentionTile<T>&);
  // x[i] *= factor[i] for rows of n; a NaN becomes one that is the same on every processor
  void (*scale_rows)(int64_t rows, int64_t n, const T* factor, T* x, int64_t ld);
  // What makes probabilities exp(v - shift) share: share = 1 / sum, shift = largest; both 0 where a row sees
  // nothing.
  void (*finish)(int64_t rows, const T* largest, const T* sum, T* share, T* shift);
};

}  // namespace nncore
