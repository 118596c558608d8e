// C^T = B^T A^T: the longer side of C goes where the registers lie. Each element is the same chain, so the
// same bits.
#include "gemm_share.h"

namespace nncore::cpu {

template <class T>
void swapped(const Share<T>& s, const GemmPlan& plan) {
  const GemmKernels<T>& kernel = kernels<T>().gemm;
  const int64_t ld = round_up(s.m, kernel.lanes);
  const Scratch<T> turned(s.n * ld);
  T* const t = turned.data();
  Share<T> product{s.n, s.m, s.k, s.b, s.b_col, s.b_row, s.a, s.a_col, s.a_row, t, ld, s.accumulate, {}};
  if (s.accumulate) kernel.transpose(s.m, s.n, s.c, s.ldc, t, ld);
  run(product, plan_swapped(plan.shape));

  const Epilogue<T>& e = s.epilogue;
  if (e.bias)
    for (int64_t j = 0; j < s.n; j++) {
      const T bias = e.bias[j];
      for (int64_t i = 0; i < s.m; i++) t[j * ld + i] += bias;
    }
  if (e.pre) kernel.transpose(s.n, s.m, t, ld, e.pre, s.ldc);
  if (e.activation >= 0)
    for (int64_t j = 0; j < s.n; j++)
      kernels<T>().elementwise.unary_fwd[e.activation](s.m, t + j * ld, t + j * ld, e.scalars);
  kernel.transpose(s.n, s.m, t, ld, s.c, s.ldc);
}

template void swapped(const Share<float>&, const GemmPlan&);
template void swapped(const Share<double>&, const GemmPlan&);

}  // namespace nncore::cpu
