// Reductions of rows and columns in the order of order.h. The number of threads never changes how they are
// split.
#pragma once
#include <algorithm>
#include <vector>

#include "../../../core/parallel.h"
#include "../../join.h"
#include "../../kernels/reduce.h"
#include "../scratch.h"
#include "reduce.h"

namespace nncore::cpu {

// Joins n partial results in place: neighbors, then neighbors of the results.
template <class T, class Join>
T join_pairwise(T* part, int64_t n, Join join) {
  for (; n > 1; n = (n + 1) / 2) {
    for (int64_t i = 0; i < n / 2; i++) part[i] = join(part[2 * i], part[2 * i + 1]);
    if (n % 2) part[n / 2] = part[n - 1];
  }
  return part[0];
}

template <class T>
T join_pairwise(Reduction op, T* part, int64_t n) {
  return join_pairwise(part, n, [op](T a, T b) { return join(op, a, b); });
}

// results[r] = reduction of row r; chunk(row, begin, size) reduces one chunk of it.
template <class T, class Chunk>
void reduce_rows(Reduction op, int64_t rows, int64_t n, int64_t cost, Chunk chunk, T* results) {
  const int64_t chunks = std::max<int64_t>(1, (n + row_chunk - 1) / row_chunk);
  if (chunks == 1) {
    parallel_for(rows, cost, [&](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; r++) results[r] = chunk(r, 0, n);
    });
    return;
  }
  std::vector<T> parts(rows * chunks);
  parallel_for(rows * chunks, cost, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) {
      const int64_t start = i % chunks * row_chunk;
      parts[i] = chunk(i / chunks, start, std::min(row_chunk, n - start));
    }
  });
  for (int64_t r = 0; r < rows; r++) results[r] = join_pairwise(op, &parts[r * chunks], chunks);
}

// y (outer, inner) = reduction of (outer, n, inner) over the middle axis. columns(o, first, rows, j, width,
// to) reduces some rows of a strip of columns.
template <class T, class Columns>
void reduce_middle(Reduction op, int64_t outer, int64_t n, int64_t inner, int64_t cost, Columns columns,
                   T* y) {
  constexpr int64_t strip = 256;
  const int64_t strips = (inner + strip - 1) / strip, chain = chain_rows(n);
  parallel_for(outer * strips, cost, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) {
      const int64_t o = i / strips, j = i % strips * strip, width = std::min(strip, inner - j);
      T* to = y + o * inner + j;
      columns(o, 0, chain, j, width, to);
      if (chain == n) continue;
      T part[strip];
      double total[strip];
      std::copy_n(to, width, total);
      for (int64_t r = chain; r < n && (r % (64 * chain) != 0 || !interrupted()); r += chain) {
        columns(o, r, std::min(chain, n - r), j, width, part);
        for (int64_t c = 0; c < width; c++) total[c] = join(op, total[c], double(part[c]));
      }
      for (int64_t c = 0; c < width; c++) to[c] = T(total[c]);
    }
  });
}

// y (n) = the sum of `count` vectors, with the chains of a column sum; add(i, to) adds vector i to `to`.
template <class T, class Add>
void sum_vectors(int64_t count, int64_t n, T* y, Add add) {
  const int64_t chain = chain_rows(count);
  std::fill_n(y, n, T(0));
  for (int64_t i = 0; i < chain; i++) add(i, y);
  if (chain == count) return;
  const Scratch<double> total(n);
  std::copy_n(y, n, total.data());
  for (int64_t first = chain; first < count && (first % (16 * chain) != 0 || !interrupted());
       first += chain) {
    std::fill_n(y, n, T(0));
    for (int64_t i = first; i < std::min(first + chain, count); i++) add(i, y);
    for (int64_t c = 0; c < n; c++) total.data()[c] += double(y[c]);
  }
  for (int64_t c = 0; c < n; c++) y[c] = T(total.data()[c]);
}

}  // namespace nncore::cpu
