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

namespace {

// The backward of an epilogue on a strip of columns: dz and its column sums in one pass, while dz is in the
// L1 cache.
template <class T>
struct EpilogueBackward {
  int64_t rows, cols;
  int activation;  // -1: dz is dy
  const T *z, *y, *dy;
  T *dz, *db;  // either may be null

  void derive(int64_t first, int64_t count, int64_t begin, int64_t width) const {
    const auto bwd = kernels<T>().elementwise.unary_bwd[activation];
    if (width == cols) {  // whole rows lie together
      width *= count;
      count = 1;
    }
    for (int64_t r = first; r < first + count; r++) {
      const int64_t at = r * cols + begin;
      bwd(width, z + at, y + at, dy + at, dz + at, nullptr);
    }
  }

  void strip(int64_t begin, int64_t width) const {
    constexpr int64_t block = 16;  // rows
    T part[max_strip];
    for (int64_t r = 0; r < rows; r += block) {
      const int64_t count = std::min(block, rows - r);
      if (activation >= 0) derive(r, count, begin, width);
      if (!db) continue;
      kernels<T>().reduce.columns[int(Reduction::sum)](
          count, width, cols, (activation >= 0 ? dz : dy) + r * cols + begin, part, r % column_chunk != 0);
      if (r + block < rows && (r + block) % column_chunk != 0) continue;
      for (int64_t j = 0; j < width; j++)
        db[begin + j] = r < column_chunk ? part[j] : db[begin + j] + part[j];
    }
    if (db && rows == 0) std::fill_n(db + begin, width, T(0));
  }

  static constexpr int64_t max_strip = 128;
};

}  // namespace

// dz = activation'(z) dy and db = column sums of dz; op -1: dz is dy. args: z or none, y or none, dy, dz or
// none, db or none
void activation_bwd(const Call& call) {
  const auto& a = call.attrs<RowAttrs>();
  visit_float(call.args[2].dtype, [&](auto zero) {
    using T = decltype(zero);
    const T *z = call.arg<const T>(0), *y = call.arg<const T>(1);
    const EpilogueBackward<T> e = {a.rows,         a.cols,        a.op, z ? z : y, y, call.arg<const T>(2),
                                   call.arg<T>(3), call.arg<T>(4)};
    constexpr int64_t width = EpilogueBackward<T>::max_strip;
    parallel_for((a.cols + width - 1) / width, call.cost, [&](int64_t begin, int64_t end) {
      for (int64_t s = begin; s < end; s++) e.strip(s * width, std::min(width, a.cols - s * width));
    });
  });
}

}  // namespace nncore::cpu
