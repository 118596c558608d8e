// Packed blocks: a panel of B (kc x nr) stays in the first cache level, a block of A (mc x kc) in the second, a block of
// B (kc x nc) in the third. Goto, van de Geijn, Anatomy of High-Performance Matrix Multiplication, 2008.
#include "gemm_share.h"

namespace nncore::cpu {
namespace {

// Panels of at most mr rows, evenly cut, each [k][rows].
template <class T>
void pack_a(const GemmKernels<T>& kernel, int64_t m, int64_t k, const T* a, int64_t a_row, int64_t a_col, T* to) {
  const int64_t panels = ceil_div(m, kernel.mr);
  for (int64_t q = 0; q < panels; q++) {
    const Span rows = part(m, panels, q);
    const T* from = a + rows.begin * a_row;
    T* panel = to + rows.begin * k;
    if (a_row == 1)
      kernel.pack(k, rows.size(), from, a_col, panel, rows.size());
    else
      kernel.pack_transposed(k, rows.size(), from, a_row, panel, rows.size());
  }
}

// Panels of nr columns, each [k][nr]; the last one rounded up to a register.
template <class T>
void pack_b(const GemmKernels<T>& kernel, int64_t n, int64_t k, const T* b, int64_t b_row, int64_t b_col, T* to) {
  for (int64_t j = 0; j < n; j += kernel.nr) {
    const int64_t columns = n - j < kernel.nr ? n - j : kernel.nr;
    const int64_t width = round_up(columns, kernel.lanes);
    if (b_col == 1)
      kernel.pack(k, columns, b + j, b_row, to + j * k, width);
    else
      kernel.pack_transposed(k, columns, b + j * b_col, b_col, to + j * k, width);
  }
}

}  // namespace

template <class T>
void packed(const Share<T>& s, const GemmPlan& plan) {
  const GemmKernels<T>& kernel = kernels<T>().gemm;
  const int64_t column_blocks = ceil_div(s.n, plan.nc), row_blocks = ceil_div(s.m, plan.mc);
  const int64_t kc = s.k < plan.kc ? s.k : plan.kc;
  const Scratch<T> packed_b(kc * round_up(s.n < plan.nc ? s.n : plan.nc, kernel.nr));
  const Scratch<T> packed_a(kc * (s.m < plan.mc ? s.m : plan.mc));
  for (int64_t jb = 0; jb < column_blocks; jb++) {
    const Share<T> strip = s.tile({0, s.m}, part(s.n, column_blocks, jb, kernel.nr));
    for_blocks_of_k(strip, kc, [&](int64_t begin, const GemmBlock<T>& whole, bool last) {
      pack_b(kernel, strip.n, whole.k, strip.b + begin * s.b_row, s.b_row, s.b_col, packed_b.data());
      for (int64_t ib = 0; ib < row_blocks; ib++) {
        const Span rows = part(s.m, row_blocks, ib, 1), columns{0, strip.n};
        GemmBlock<T> block = cut(whole, rows, columns);
        pack_a(kernel, block.m, block.k, s.a + rows.begin * s.a_row + begin * s.a_col, s.a_row, s.a_col,
               packed_a.data());
        block.a = packed_a.data();
        block.b = packed_b.data();
        kernel.packed_block(block);
        if (last) activate(strip.tile(rows, columns));
      }
    });
  }
}

template void packed(const Share<float>&, const GemmPlan&);
template void packed(const Share<double>&, const GemmPlan&);

}  // namespace nncore::cpu
