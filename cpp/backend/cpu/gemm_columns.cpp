// Few rows and B stored column by column: each panel of columns is turned in registers and used for every
// row.
#include "gemm_share.h"

namespace nncore::cpu {

template <class T>
void columns(const Share<T>& s, const GemmPlan& plan) {
  for_blocks_of_k(s, plan.kc, [&](int64_t begin, GemmBlock<T>& block, bool last) {
    block.a = s.a + begin * s.a_col;
    block.a_row = s.a_row;
    block.a_col = s.a_col;
    block.b = s.b + begin;
    block.ldb = s.b_col;
    block.far = plan.far;
    const int64_t slabs = ceil_div(block.m * block.n * block.k, most_work);
    for (int64_t q = 0; q < slabs && (q == 0 || !interrupted()); q++) {
      const Span columns = part(block.n, slabs, q, kernels<T>().gemm.nr);
      GemmBlock<T> slab = cut(block, {0, block.m}, columns);
      slab.b += columns.begin * block.ldb;
      if (slab.n > 0) kernels<T>().gemm.columns_block(slab);
    }
    if (last) activate(s);
  });
}

template void columns(const Share<float>&, const GemmPlan&);
template void columns(const Share<double>&, const GemmPlan&);

}  // namespace nncore::cpu
