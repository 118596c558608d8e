#include "backend/kernels/product.h"

#include "reference.h"

namespace nncore::reference {

// Bias and activation are not supported: without linear_bwd, a backend never receives them.
void run(const Matmul& p) {
  check<NotImplementedError>(!p.bias && !p.pre && p.activation < 0,
                             "the backend 'reference' has no matmul with bias or activation");
  visit_float(p.a.dtype, [&](auto zero) {
    using T = decltype(zero);
    T* c = values<T>(p.c);
    for (int64_t batch = 0; batch < p.batch(); batch++, c += p.m * p.ldc) {
      const T *a = values<T>(p.a), *b = values<T>(p.b);
      for (int64_t axis = p.batch_ndim - 1, rest = batch; axis >= 0; rest /= p.batch_size[axis--]) {
        a += rest % p.batch_size[axis] * p.batch_stride[0][axis];
        b += rest % p.batch_size[axis] * p.batch_stride[1][axis];
      }
      for (int64_t i = 0; i < p.m; i++)
        for (int64_t j = 0; j < p.n; j++) {
          Wide<T> sum = p.accumulate ? c[i * p.ldc + j] : T(0);
          for (int64_t k = 0; k < p.k; k++)
            sum += Wide<T>(a[p.trans_a ? k * p.lda + i : i * p.lda + k]) *
                   Wide<T>(b[p.trans_b ? j * p.ldb + k : k * p.ldb + j]);
          c[i * p.ldc + j] = T(sum);
        }
    }
  });
}

}  // namespace nncore::reference
