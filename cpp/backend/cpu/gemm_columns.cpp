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
    kernels<T>().gemm.columns_block(block);
    if (last) activate(s);
  });
}

template void columns(const Share<float>&, const GemmPlan&);
template void columns(const Share<double>&, const GemmPlan&);

}  // namespace nncore::cpu
