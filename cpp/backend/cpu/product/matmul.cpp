// The kernels of matrix products with an epilogue.
#include "../../kernels/product.h"

#include "product.h"

namespace nncore::cpu {

void run(const Matmul& p) {
  visit_float(p.a.dtype, [&](auto zero) {
    using T = decltype(zero);
    const Matrix<const T> a = {p.a.as<T>(), p.lda}, b = {p.b.as<T>(), p.ldb};
    const Product<T> product = {
        .m = p.m,
        .n = p.n,
        .k = p.k,
        .a = p.trans_a ? a.transposed() : a,
        .b = p.trans_b ? b.transposed() : b,
        .c = {p.c.as<T>(), p.ldc},
        .accumulate = p.accumulate,
        .epilogue = {.bias = p.bias.as<T>(), .activation = p.activation, .pre = p.pre.as<T>()}};
    if (p.batch_ndim == 0) return multiply(product);
    Batch batch = {p.batch_ndim, {}, {}, {}, {}};
    int64_t c_stride = p.m * p.ldc;
    for (int i = p.batch_ndim - 1; i >= 0; i--) {
      batch.size[i] = p.batch_size[i];
      batch.a[i] = p.batch_stride[0][i];
      batch.b[i] = p.batch_stride[1][i];
      batch.c[i] = c_stride;
      c_stride *= p.batch_size[i];
    }
    multiply(product, batch);
  });
}

}  // namespace nncore::cpu
