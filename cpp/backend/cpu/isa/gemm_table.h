// The matrix product kernels of one instruction set. Every element is one chain of fused multiply-adds in
// order of k.
#pragma once
#include <cstdint>

namespace nncore {

// Memory that is wanted later: rows so many bytes long, stride bytes apart.
struct GemmSoon {
  const void* at;
  int64_t rows, stride, bytes;
};

// One block of k steps: out = [add +] (start + A B) [+ bias], A[i][p] = a[i * a_row + p * a_col], B[p][j] =
// b[p * ldb + j].
template <class T>
struct GemmBlock {
  int64_t m, n, k;
  const T* a;
  int64_t a_row, a_col;
  const T* b;
  int64_t ldb;
  bool b_packed;  // in panels of nr columns as [k][nr], the last one as wide as its columns need, rounded up
                  // to lanes
  const T*
      start;  // (m, n): where the chains start, at a block boundary what the last block left; null: from 0
  int64_t ld_start;
  T* out;
  int64_t ld_out;
  const T* add;   // (m, n), with the row length of out: the earlier parts of a split k; or null
  const T* bias;  // (n), or null
  bool far;       // B comes from far: ask for it early
  bool by_rows;   // a panel of A meets all of B before the next one; else the other way round
  bool ahead;     // by rows, and more than the near caches hold: ask for what comes next while computing,
  GemmSoon next_a, next_b;  // which is, beside the next tile of C and panel of A, this
};

template <class T>
struct GemmKernels {
  int lanes;        // numbers in a register
  int mr, nr;       // rows and columns of the largest tile
  int column_rows;  // rows that columns_block takes at once

  void (*block)(const GemmBlock<T>&);
  void (*columns_block)(const GemmBlock<T>&);  // with B[p][j] = b[j * ldb + p]

  // to[p][i] = from[p * ld + i] for p < k, i < width; the rows of `to` are ld_to long, zero from width on.
  void (*pack)(int64_t k, int64_t width, const T* from, int64_t ld, T* to, int64_t ld_to);
  // to[p][i] = from[i * ld + p], likewise
  void (*pack_transposed)(int64_t k, int64_t width, const T* from, int64_t ld, T* to, int64_t ld_to);
  // to[j * ld_to + i] = from[i * ld + j] for i < rows, j < columns
  void (*transpose)(int64_t rows, int64_t columns, const T* from, int64_t ld, T* to, int64_t ld_to);
};

}  // namespace nncore
