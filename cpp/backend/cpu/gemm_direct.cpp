// Few rows: nothing is packed, B is read row by row as it lies.
#include "gemm_share.h"

namespace nncore::cpu {

template <class T>
void direct(const Share<T>& s, const GemmPlan& plan) {
  for_blocks_of_k(s, plan.kc, [&](int64_t begin, GemmBlock<T>& block, bool last) {
    block.a = s.a + begin * s.a_col;
    block.a_row = s.a_row;
    block.a_col = s.a_col;
    block.b = s.b + begin * s.b_row;
    block.ldb = s.b_row;
    kernels<T>().gemm.block(block);
    if (last) activate(s);
  });
}

template void direct(const Share<float>&, const GemmPlan&);
template void direct(const Share<double>&, const GemmPlan&);

}  // namespace nncore::cpu
