// Matrix products with their epilogue.
#include "gemm.h"
#include "kernels.h"

namespace nncore::cpu {

// args: a, b, bias or none, c, pre (the value before the activation) or none
void matmul(const Call& call) {
  const auto& a = call.attrs<MatmulAttrs>();
  visit_float(call.args[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    const Gemm<T> g = {a.m,
                       a.n,
                       a.k,
                       call.arg<const T>(0),
                       a.lda,
                       a.trans_a,
                       call.arg<const T>(1),
                       a.ldb,
                       a.trans_b,
                       call.arg<T>(3),
                       a.ldc,
                       a.accumulate,
                       {call.arg<const T>(2), a.activation, nullptr, call.arg<T>(4)}};
    if (a.batch_ndim == 0) return gemm(g);
    Batch batch = {a.batch_ndim, {}, {}, {}, {}};
    int64_t c_stride = a.m * a.ldc;
    for (int i = a.batch_ndim - 1; i >= 0; i--) {
      batch.size[i] = a.batch_size[i];
      batch.a[i] = a.batch_stride[0][i];
      batch.b[i] = a.batch_stride[1][i];
      batch.c[i] = c_stride;
      c_stride *= a.batch_size[i];
    }
    gemm_batched(g, batch);
  });
}

}  // namespace nncore::cpu
