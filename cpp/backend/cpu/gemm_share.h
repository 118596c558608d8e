// One thread's share of a product, and how each way of computing it walks over k.
#pragma once
#include "../../core/interrupt.h"
#include "dispatch.h"
#include "gemm.h"
#include "gemm_plan.h"
#include "scratch.h"

namespace nncore::cpu {

// C (m, n) = activation(A B [+ C] + bias), operands addressed by two strides each: A[i][p] = a[i * a_row + p
// * a_col].
template <class T>
struct Share {
  int64_t m, n, k;
  const T* a;
  int64_t a_row, a_col;
  const T* b;
  int64_t b_row, b_col;
  T* c;
  int64_t ldc;
  bool accumulate;
  Epilogue<T> epilogue;

  // Rows and columns of C, with what belongs to them.
  Share tile(Span rows, Span columns) const {
    Share s = *this;
    s.m = rows.size(), s.n = columns.size();
    s.a += rows.begin * a_row, s.b += columns.begin * b_col;
    s.c += rows.begin * ldc + columns.begin;
    if (s.epilogue.bias) s.epilogue.bias += columns.begin;
    if (s.epilogue.pre) s.epilogue.pre += rows.begin * ldc + columns.begin;
    return s;
  }

  T* before_activation() const { return epilogue.pre ? epilogue.pre : c; }
};

// The ways, and the choice among them.
template <class T>
void blocks(const Share<T>& s, const GemmPlan& plan);
template <class T>
void columns(const Share<T>& s, const GemmPlan& plan);
template <class T>
void swapped(const Share<T>& s, const GemmPlan& plan);
template <class T>
void run(const Share<T>& s, const GemmPlan& plan);

// The activation of finished rows while they are hot; consecutive rows as one.
template <class T>
void activate(const Share<T>& s) {
  const Epilogue<T>& e = s.epilogue;
  if (e.activation < 0 && !e.pre) return;
  const T* x = s.before_activation();
  const bool dense = s.ldc == s.n;
  const int64_t rows = dense ? 1 : s.m, length = dense ? s.m * s.n : s.n;
  for (int64_t i = 0; i < rows; i++) {
    if (e.activation >= 0)
      kernels<T>().elementwise.unary_fwd[e.activation](length, x + i * s.ldc, s.c + i * s.ldc, e.scalars);
    else
      for (int64_t j = 0; j < length; j++) s.c[i * s.ldc + j] = x[i * s.ldc + j];
  }
}

// Multiply-adds of one thread between two looks for an interrupt: about a millisecond with vectors.
inline constexpr int64_t most_work = int64_t{1} << 26;

// The blocks of k in order, until an interrupt: chunks (each its own chain), cut into even blocks of at most
// kc. f(begin, block, last): block has its k and its ends on C filled in.
template <class T, class F>
void for_blocks_of_k(const Share<T>& s, int64_t kc, F&& f) {
  const Chunks chunks = chunks_of(s.k);
  const Scratch<T> part_sum(chunks.count > 1 && chunks.size > kc ? s.m * s.n : 0);
  for (int64_t c = 0; c < chunks.count; c++) {
    const int64_t from = c * chunks.size, length = (s.k - from < chunks.size ? s.k - from : chunks.size);
    const int64_t blocks = ceil_div(length, kc);
    T* const sum = c == 0 ? s.c : part_sum.data();
    const int64_t ld_sum = c == 0 ? s.ldc : s.n;
    for (int64_t i = 0; i < blocks; i++) {
      if (c + i > 0 && interrupted()) return;
      const Span span = part(length, blocks, i, 4);
      const bool ends = i == blocks - 1, last = ends && c == chunks.count - 1;
      GemmBlock<T> block{};
      block.m = s.m, block.n = s.n, block.k = span.size();
      block.start = i > 0 ? sum : c == 0 && s.accumulate ? s.c : nullptr;
      block.ld_start = ld_sum;
      block.out = last ? s.before_activation() : ends ? s.c : sum;
      block.ld_out = ends ? s.ldc : ld_sum;
      block.add = ends && c > 0 ? s.c : nullptr;
      block.bias = last ? s.epilogue.bias : nullptr;
      f(from + span.begin, block, last);
    }
  }
}

// The part of a block for rows and columns of C; the operands are filled in by the caller.
template <class T>
GemmBlock<T> cut(const GemmBlock<T>& whole, Span rows, Span columns) {
  GemmBlock<T> block = whole;
  const int64_t at = rows.begin * whole.ld_out + columns.begin;
  block.m = rows.size(), block.n = columns.size();
  if (whole.start) block.start += rows.begin * whole.ld_start + columns.begin;
  if (whole.add) block.add += at;
  if (whole.bias) block.bias += columns.begin;
  block.out += at;
  return block;
}

}  // namespace nncore::cpu
