// Matrix products with their epilogue, and the backward of that epilogue.
#include <algorithm>

#include "../../core/parallel.h"
#include "dispatch.h"
#include "gemm.h"
#include "kernels.h"
#include "reduce.h"

namespace nncore::cpu {

// args: a, b, bias or none, c, pre (the value before the activation) or none
void matmul(const Call& call) {
  const auto& a = call.attrs<MatmulAttrs>();
  visit_float(call.args[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    const Gemm<T> g = {a.m,       a.n,   a.k,
                       call.arg<const T>(0), a.lda, a.trans_a,
                       call.arg<const T>(1), a.ldb, a.trans_b,
                       call.arg<T>(3),       a.ldc, a.accumulate,
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

// dz = activation'(z) dy and db = column sums of dz; op -1: dz is dy. args: z, y, dy, dz or none, db or none
void activation_bwd(const Call& call) {
  const auto& a = call.attrs<RowAttrs>();
  visit_float(call.args[2].dtype, [&](auto zero) {
    using T = decltype(zero);
    const T *z = call.arg<const T>(0), *y = call.arg<const T>(1), *dy = call.arg<const T>(2);
    T *dz = call.arg<T>(3), *db = call.arg<T>(4);
    if (a.op >= 0) {
      const auto bwd = kernels<T>().elementwise.unary_bwd[a.op];
      parallel_for(a.rows * a.cols, call.cost, [&](int64_t begin, int64_t end) {
        bwd(end - begin, (z ? z : y) + begin, y + begin, dy + begin, dz + begin, nullptr);
      });
    }
    if (!db) return;
    constexpr int64_t strip = 64;
    parallel_for((a.cols + strip - 1) / strip, call.cost / 2, [&](int64_t begin, int64_t end) {
      column_sums(a.rows, a.cols, begin * strip, std::min(end * strip, a.cols), a.op >= 0 ? dz : dy, db + begin * strip);
    });
  });
}

}  // namespace nncore::cpu
