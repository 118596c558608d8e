// Code that the paths share: the blocks of k, and the epilogue of finished rows.
#pragma once
#include <algorithm>

#include "../../../core/interrupt.h"
#include "../../order.h"
#include "../dispatch.h"
#include "../scratch.h"
#include "plan.h"

namespace nncore::cpu {

template <class T>
void run_blocks(const Product<T>& p, const Plan& plan);  // the paths direct and packed
template <class T>
void run_columns(const Product<T>& p, const Plan& plan);

// The values before the activation: the product with the bias added.
template <class T>
T* before_activation(const Product<T>& p) {
  return p.epilogue.pre ? p.epilogue.pre : p.c.data;
}

// Applies the activation, or copies the values in `pre` to C. Contiguous rows are processed as one row.
template <class T>
void activate(const Product<T>& p) {
  const int activation = p.epilogue.activation;
  if (activation < 0 && !p.epilogue.pre) return;
  const bool dense = p.c.row == p.n;
  const int64_t rows = dense ? 1 : p.m, length = dense ? p.m * p.n : p.n;
  for (int64_t i = 0; i < rows; i++) {
    const T* const x = before_activation(p) + i * p.c.row;
    T* const y = p.c.data + i * p.c.row;
    if (activation >= 0)
      kernels<T>().elementwise.unary_fwd[activation](length, x, y, nullptr);
    else
      for (int64_t j = 0; j < length; j++) y[j] = x[j];
  }
}

// Checks for an interrupt after every `most` multiply-adds, which take about 1 ms with vectors.
class Watch {
 public:
  bool stops(int64_t multiply_adds) {
    if ((done_ += multiply_adds) < most) return false;
    done_ = 0;
    return interrupted();
  }
  static constexpr int64_t most = int64_t{1} << 26;

 private:
  int64_t done_ = 0;
};

// A block of steps of k, for all of C.
template <class T>
struct KBlock {
  Span steps;
  Tile<T> first;  // at the first element of C: where its chain starts and ends; the path sets A and B

  // Moves t to the tile whose first element is (i, j).
  void place(Tile<T>& t, int64_t i, int64_t j) const {
    t.start = first.start ? first.start + i * first.start_row + j : nullptr;
    t.out = first.out + i * first.out_row + j;
    t.add = first.add ? first.add + i * first.out_row + j : nullptr;
    t.bias = first.bias ? first.bias + j : nullptr;
  }
};

// Calls f(block) for the blocks of k in order: the chunks, cut into even blocks of at most kc steps. Between
// two blocks, the chains are stored in C or, after the first chunk, in scratch memory. Stops and returns
// false if f does.
template <class T, class F>
bool for_blocks_of_k(const Product<T>& p, int64_t kc, F&& f) {
  const Chunks chunks = chunks_of(p.k);
  const Scratch<T> scratch(chunks.count > 1 && chunks.size > kc ? p.m * p.n : 0);
  for (int64_t c = 0; c < chunks.count; c++) {
    const int64_t from = c * chunks.size, length = std::min(p.k - from, chunks.size),
                  blocks = ceil_div(length, kc);
    const Matrix<T> sum = c == 0 ? p.c : Matrix<T>{scratch.data(), p.n};
    for (int64_t i = 0; i < blocks; i++) {
      const Span steps = part(length, blocks, i, 4);
      const bool ends = i == blocks - 1, last = ends && c == chunks.count - 1;
      KBlock<T> block{{from + steps.begin, from + steps.end}, {}};
      block.first.k = steps.size();
      block.first.start = i > 0 ? sum.data : c == 0 && p.accumulate ? p.c.data : nullptr;
      block.first.start_row = sum.row;
      block.first.out = last ? before_activation(p) : ends ? p.c.data : sum.data;
      block.first.out_row = ends ? p.c.row : sum.row;
      block.first.add = ends && c > 0 ? p.c.data : nullptr;
      block.first.bias = last ? p.epilogue.bias : nullptr;
      if (!f(block)) return false;
    }
  }
  return true;
}

}  // namespace nncore::cpu
