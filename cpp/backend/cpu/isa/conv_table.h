// The tiles of convolutions of one level: products one of whose operands is read where an offset per step says.
#pragma once
#include <cstdint>

namespace nncore {

// Some tiles of V registers, one after another. Register v of a tile and row i is at z + out[v] + i * z_row and
// becomes [its own value +] (start + sum over p of A[i][p] B[p][v]) [+ bias[i]], with A[i][p] = a[i * a_row + p *
// a_column] and B[p][v] at x + in[v] + offsets[p].
template <class T>
struct ConvTiles {
  int64_t k;
  const T* a;
  int64_t a_row, a_column;
  const T* x;
  const int64_t* offsets;
  int64_t tiles;
  const int64_t *in, *out;  // tiles * V numbers each
  T* z;
  int64_t z_row;
  bool start;     // the chains start from the values in z, else from 0
  bool add;       // the chains are added to the values in z
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

// Sums of products of registers: register v at out + v * out_row becomes the sum over p of X[p][v] Y[p], with X[p][v]
// at x + in[v] + offsets[p] and Y[p] at y + p * y_step.
template <class T>
struct ConvDiagonal {
  int64_t k;
  const T* x;
  const int64_t *in, *offsets;
  const T* y;
  int64_t y_step;
  T* out;
  int64_t out_row;
};

template <class T>
struct ConvKernels {
  static constexpr int most_rows = 14, most_vectors = 6;
  static constexpr int diagonal_columns = 9;  // registers of `diagonal`
  int lanes;
  int mr;                  // rows of the tallest tile
  int vectors[most_rows];  // of a tile, by rows - 1
  void (*tiles[most_rows])(const ConvTiles<T>&);

  int points, width;
  void (*point_tiles)(const ConvPointTiles<T>&);

  void (*diagonal)(const ConvDiagonal<T>&);
};

}  // namespace nncore
