#pragma once
#include <cstdint>

namespace nncore {

// Scores of some queries (rows) by some keys: v = scale * score + bias. Row i attends to the keys j <= i +
// ahead with a bias other than -inf. For other keys v = -inf, even if the score is NaN.
template <class T>
struct AttentionTile {
  int64_t rows, keys, ahead;
  T* scores;  // (rows, keys), the same memory as p = exp(v - shift)
  int64_t ld;
  const T* bias;  // or null
  int64_t ld_bias;
  T scale;

  // forward, per row: the largest v and the sum of exp(v - largest) so far, and the factor for
  // earlier results
  T *largest, *sum, *factor;

  // backward: p = exp(v - shift) share overwrites the scores, dv = scale p (dp - delta) overwrites dp
  T* dp;
  const T *shift, *share, *delta;
};

template <class T>
struct AttentionKernels {
  void (*softmax)(const AttentionTile<T>&);
  void (*softmax_bwd)(const AttentionTile<T>&);
  // x[i] *= factor[i] for rows of n; every NaN becomes the same NaN, on every processor
  void (*scale_rows)(int64_t rows, int64_t n, const T* factor, T* x, int64_t ld);
  // The probabilities are exp(v - shift) share: share = 1 / sum, shift = largest; both are 0 for a row that
  // attends to no key.
  void (*finish)(int64_t rows, const T* largest, const T* sum, T* share, T* shift);
};

}  // namespace nncore
