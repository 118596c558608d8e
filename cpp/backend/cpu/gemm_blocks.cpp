// Blocks of k steps by blocks of columns. A panel of A stays in the first cache level while it meets a block
// of B in the second; B is packed where its rows lie badly, A where its columns do. After Goto, van de Geijn,
// Anatomy of High-Performance Matrix Multiplication, 2008, with the parts of A and B exchanged: second levels
// have grown.
#include "gemm_share.h"

namespace nncore::cpu {
namespace {

// Panels of nr columns, each [k][nr]; the last one rounded up to a register. Rows are read some at a time, as
// far as they go: they are streams then.
template <class T>
void pack_b(const GemmKernels<T>& kernel, int64_t n, int64_t k, const T* b, int64_t b_row, int64_t b_col,
            T* to) {
  const int64_t rows = b_col == 1 ? 16 : k;
  for (int64_t p = 0; p < k; p += rows)
    for (int64_t j = 0; j < n; j += kernel.nr) {
      const int64_t columns = n - j < kernel.nr ? n - j : kernel.nr, steps = k - p < rows ? k - p : rows;
      const int64_t width = round_up(columns, kernel.lanes);
      T* const panel = to + j * k + p * width;
      if (b_col == 1)
        kernel.pack(steps, columns, b + p * b_row + j, b_row, panel, width);
      else
        kernel.pack_transposed(steps, columns, b + j * b_col, b_col, panel, width);
    }
}

// A part of a matrix as it lies.
template <class T>
GemmSoon rows_of(const T* at, int64_t rows, int64_t row, int64_t columns, int64_t column) {
  const int64_t size = sizeof(T);
  if (column == 1) return {at, rows, row * size, columns * size};
  return {at, columns, column * size, rows * size};
}

// Part q of a block that is cut by rows, with its share of what is wanted later.
template <class T>
GemmBlock<T> part_of(const GemmBlock<T>& whole, Span rows, int64_t parts, int64_t q) {
  GemmBlock<T> block = cut(whole, rows, {0, whole.n});
  block.a += rows.begin * whole.a_row;
  const Span soon = part(whole.next_b.rows, parts, q);
  block.next_b.at = static_cast<const char*>(whole.next_b.at) + soon.begin * whole.next_b.stride;
  block.next_b.rows = soon.size();
  return block;
}

// A block as the kernel takes it, cut into slabs of rows where it is long.
template <class T>
void in_slabs(const GemmKernels<T>& kernel, const GemmBlock<T>& whole) {
  const int64_t slabs = whole.m * whole.n * whole.k / most_work;
  if (slabs <= 1) return kernel.block(whole);
  for (int64_t q = 0; q < slabs && !interrupted(); q++)
    if (const Span rows = part(whole.m, slabs, q, kernel.mr); rows.size() > 0)
      kernel.block(part_of(whole, rows, slabs, q));
}

// Panel by panel of A, each packed as [k][rows] just before its use.
template <class T>
void with_packed_a(const GemmKernels<T>& kernel, const GemmBlock<T>& whole, T* panel) {
  const int64_t panels = ceil_div(whole.m, kernel.mr);
  for (int64_t q = 0; q < panels; q++) {
    if (q % 64 == 63 && interrupted()) return;
    const Span rows = part(whole.m, panels, q);
    GemmBlock<T> block = part_of(whole, rows, panels, q);
    if (q + 1 < panels) {
      const Span next = part(whole.m, panels, q + 1);
      block.next_a =
          rows_of(whole.a + next.begin * whole.a_row, next.size(), whole.a_row, whole.k, whole.a_col);
    }
    const T* const from = block.a;
    if (whole.a_row == 1)
      kernel.pack(block.k, block.m, from, whole.a_col, panel, block.m);
    else
      kernel.pack_transposed(block.k, block.m, from, whole.a_row, panel, block.m);
    block.a = panel;
    block.a_row = 1;
    block.a_col = block.m;
    kernel.block(block);
  }
}

}  // namespace

template <class T>
void blocks(const Share<T>& s, const GemmPlan& plan) {
  const GemmKernels<T>& kernel = kernels<T>().gemm;
  const int64_t strips = ceil_div(s.n, plan.nc);
  const int64_t kc = s.k < plan.kc ? s.k : plan.kc, nc = round_up(ceil_div(s.n, strips), kernel.nr);
  const Scratch<T> packed_b(plan.pack_b ? (kc + 4) * nc : 0),
      packed_a(plan.pack_a ? (kc + 4) * kernel.mr : 0);
  for (int64_t j = 0; j < strips; j++) {
    const Span next_columns = part(s.n, strips, j + 1 < strips ? j + 1 : j, kernel.nr);
    if (j > 0 && interrupted()) return;
    const Share<T> strip = s.tile({0, s.m}, part(s.n, strips, j, kernel.nr));
    for_blocks_of_k(strip, kc, [&](int64_t begin, GemmBlock<T>& block, bool last) {
      block.a = strip.a + begin * s.a_col;
      block.a_row = s.a_row;
      block.a_col = s.a_col;
      block.b = strip.b + begin * s.b_row;
      block.ldb = s.b_row;
      block.by_rows = plan.by_rows;
      block.far = plan.far;
      block.ahead = plan.ahead;
      const int64_t end = begin + block.k, next_k = s.k - end < kc ? s.k - end : kc;
      if (next_k > 0)
        block.next_b = rows_of(strip.b + end * s.b_row, next_k, s.b_row, strip.n, s.b_col);
      else if (j + 1 < strips)
        block.next_b = rows_of(s.b + next_columns.begin * s.b_col, kc, s.b_row, next_columns.size(), s.b_col);
      if (plan.pack_b) {
        pack_b(kernel, strip.n, block.k, block.b, s.b_row, s.b_col, packed_b.data());
        block.b = packed_b.data();
        block.b_packed = true;
      }
      if (plan.pack_a)
        with_packed_a(kernel, block, packed_a.data());
      else
        in_slabs(kernel, block);
      if (last) activate(strip);
    });
  }
}

template void blocks(const Share<float>&, const GemmPlan&);
template void blocks(const Share<double>&, const GemmPlan&);

}  // namespace nncore::cpu
