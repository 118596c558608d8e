// Matrix products with their epilogue.
#include "../kernels/product.h"

#include "gemm.h"

namespace nncore::cpu {

void run(const Matmul& p) {
  visit_float(p.a.dtype, [&](auto zero) {
    using T = decltype(zero);
    const Gemm<T> g = {p.m,
                       p.n,
                       p.k,
                       p.a.as<T>(),
                       p.lda,
                       p.trans_a,
                       p.b.as<T>(),
                       p.ldb,
                       p.trans_b,
                       p.c.as<T>(),
                       p.ldc,
                       p.accumulate,
                       {p.bias.as<T>(), p.activation, nullptr, p.pre.as<T>()}};
    if (p.batch_ndim == 0) return gemm(g);
    Batch batch = {p.batch_ndim, {}, {}, {}, {}};
    int64_t c_stride = p.m * p.ldc;
    for (int i = p.batch_ndim - 1; i >= 0; i--) {
      batch.size[i] = p.batch_size[i];
      batch.a[i] = p.batch_stride[0][i];
      batch.b[i] = p.batch_stride[1][i];
      batch.c[i] = c_stride;
      c_stride *= p.batch_size[i];
    }
    gemm_batched(g, batch);
  });
}

}  // namespace nncore::cpu
