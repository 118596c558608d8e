// The kernels of matrix products of one level. Each element is one chain of fused multiply-adds in order of
// k.
#pragma once
#include <cstdint>

namespace nncore {

// Pairs of cache lines to ask for: `count` pairs, `step` bytes apart.
struct Prefetch {
  const char* at;
  int64_t step, count;
};

// A tile of C: out = [add +] (start + A B) [+ bias] with A[i][p] = a[i * a_row + p * a_column].
template <class T>
struct Tile {
  int64_t k;
  const T* a;
  int64_t a_row, a_column;
  const T* b;
  int64_t b_stride;  // by rows: B[p][j] = b[p * b_stride + j]; by columns: b[j * b_stride + p]
  const T* start;    // where the chains start; null: from 0
  int64_t start_row;
  T* out;
  int64_t out_row;
  const T* add;              // the sum of earlier chunks of k, with the rows of out; or null
  const T* bias;             // (n) or null
  int last;                  // columns in the last register
  int64_t ahead;             // how many elements behind b to prefetch; by columns, 0: none
  const Prefetch* prefetch;  // until one without pairs; for the prefetching kernels
};

template <class T>
using TileKernel = void (*)(const Tile<T>&);

// Tiles of one height, B by rows.
template <class T>
struct TileKernels {
  static constexpr int most_registers = 8;
  int widest;                            // registers of columns that a tile can afford
  TileKernel<T> whole[most_registers];   // by registers of columns; the last register is whole
  TileKernel<T> masked[most_registers];  // the last register may have fewer columns
  TileKernel<T> prefetching;             // as wide as the largest tile, whole; or null
};

// Tiles of one height, B by columns.
template <class T>
struct ColumnKernels {
  int registers;          // of columns in `several`
  TileKernel<T> several;  // the fastest
  TileKernel<T> one;      // one register
  TileKernel<T> last;     // a part of a register
};

template <class T>
struct ProductKernels {
  static constexpr int most_rows = 14, most_column_rows = 10;
  int lanes;        // elements of a register
  int mr, nr;       // rows and columns of the largest tile
  int tallest;      // rows of the tallest tile, which is one register wide
  int column_rows;  // rows of the tallest tile with B by columns

  TileKernels<T> tiles[most_rows];             // by rows - 1
  ColumnKernels<T> columns[most_column_rows];  // by rows - 1

  // One row times n columns of B, by columns: n a multiple of lanes, at least a cache line of steps.
  void (*vector)(const Tile<T>&, int64_t n);

  // to[p][i] = from[p * ld + i] for p < k, i < width; the rows of `to` are ld_to long, zero from width on.
  void (*pack)(int64_t k, int64_t width, const T* from, int64_t ld, T* to, int64_t ld_to);
  // to[p][i] = from[i * ld + p], likewise
  void (*pack_transposed)(int64_t k, int64_t width, const T* from, int64_t ld, T* to, int64_t ld_to);
  // to[j * ld_to + i] = from[i * ld + j] for i < rows, j < columns
  void (*transpose)(int64_t rows, int64_t columns, const T* from, int64_t ld, T* to, int64_t ld_to);
};

}  // namespace nncore
