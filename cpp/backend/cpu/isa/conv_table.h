// The tiles of convolutions of one level: products one of whose operands is read where an offset per step says.
#pragma once
#include <cstdint>

namespace nncore {

// Some tiles of V registers, one after another. For register v of a tile, out[v] + shift + i * out_row has
// [its own value +] (start + sum over p of A[i][p] B[p][v]) [+ bias[i]], with A[i][p] = a[i * a_row + p *
// a_column] and B[p][v] at b[v] + offsets[p].
template <class T>
struct ConvTiles {
  int64_t k;
  const T* a;
  int64_t a_row, a_column;
  const int64_t* offsets;
  int64_t tiles;
  const T* const* b;  // tiles * V addresses
  T* const* out;      // likewise
  int64_t shift, out_row;
  bool start;     // the chains start from the values in out, else from 0
  bool add;       // the chains are added to the values in out
  const T* bias;  // per row, or null
};

// Some tiles of `points` points, one after another, whose columns are `width` rows of a correlation. For point i,
// out[i * width + r] = [add[i * width + r] +] (start[i * width + r] + sum over p of X[i][p] A[p][r]) [+ bias[r]], with
// X[i][p] at x + at[i] + offsets[p] and A[p][r] = a[p * width + r].
template <class T>
struct ConvPointTiles {
  int64_t k;
  const T *x, *a;
  const int64_t *at, *offsets;
  int64_t tiles;
  const T* start;  // null: the chains start from 0
  T* out;          // may be start or add
  const T* add;    // or null
  const T* bias;   // or null
};

template <class T>
struct ConvKernels {
  static constexpr int most_rows = 14, most_vectors = 6;
  int lanes;
  int mr;                  // rows of the tallest tile
  int vectors[most_rows];  // of a tile, by rows - 1
  void (*tiles[most_rows])(const ConvTiles<T>&);

  int points, width;
  void (*point_tiles)(const ConvPointTiles<T>&);
};

}  // namespace nncore
