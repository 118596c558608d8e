// Normalisation of rows (layer, rms and l2 norm) and of groups of channels, with the sums for weight and bias
// in chunks of rows that depend on the shape alone.
#include <algorithm>

#include "../../core/parallel.h"
#include "dispatch.h"
#include "kernels.h"
#include "reduce_walk.h"
#include "scratch.h"
#include "stream.h"

namespace nncore::cpu {

namespace {

template <class T>
T* at_row(const Call& call, int i, int64_t offset) {
  T* const p = call.arg<T>(i);
  return p ? p + offset : nullptr;
}

// Whether rows are written past the caches, each a whole number of lines.
template <class T>
bool streams(const NormAttrs& a, const T* out) {
  const int64_t row = a.cols * int64_t(sizeof(T));
  return out && row % line == 0 && begins_line(out) && is_large(a.rows * row);
}

// Rows in a chunk whose contributions to dw and db form one chain: about 64 chunks, or more where chains
// would be longer than those down a column.
int64_t norm_chunk(int64_t rows) {
  return rows > 64 * column_chunk ? 64 : std::max<int64_t>(64, (rows + 63) / 64);
}

// y[j] = sum over i of x[i * n + j]
template <class T>
void sum_rows(int64_t rows, int64_t n, const T* x, T* y) {
  if (!y) return;
  if (rows == 0) return void(std::fill_n(y, n, T(0)));
  reduce_middle<T>(
      Reduction::sum, 1, rows, n, rows * n / 4,
      [&](int64_t, int64_t first, int64_t count, int64_t j, int64_t width, T* to) {
        kernels<T>().reduce.columns[int(Reduction::sum)](count, width, n, x + first * n + j, to, false);
      },
      y);
}

}  // namespace

// args: x, residual or none, w or none, b or none, sum (with a residual), y, stats (3, rows): mean, 1/std and
// what the mean lacks
void norm_fwd(const Call& call) {
  const auto& a = call.attrs<NormAttrs>();
  visit_float(call.args[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    const auto run = kernels<T>().norm.fwd[int(a.kind)];
    parallel_for(a.rows, call.cost, [&](int64_t begin, int64_t end) {
      const int64_t at = begin * a.cols;
      T* const stats = call.arg<T>(6);
      run({end - begin, a.cols, at_row<const T>(call, 0, at), at_row<const T>(call, 1, at),
           call.arg<const T>(2), call.arg<const T>(3), T(a.eps), streams<T>(a, call.arg<T>(5)),
           at_row<T>(call, 4, at), at_row<T>(call, 5, at), stats + begin, stats + a.rows + begin,
           stats + 2 * a.rows + begin});
    });
  });
}

// args: x (or its sum with the residual), w or none, stats, dy, dsum or none, dx, dw, db: none where not
// needed
void norm_bwd(const Call& call) {
  const auto& a = call.attrs<NormAttrs>();
  visit_float(call.args[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    T *const dw = call.arg<T>(6), *const db = call.arg<T>(7);
    const T* const stats = call.arg<const T>(2);
    const int64_t size = norm_chunk(a.rows), chunks = (a.rows + size - 1) / size;
    const Scratch<T> parts((dw ? chunks * a.cols : 0) + (db ? chunks * a.cols : 0));
    T* const dw_parts = parts.data();
    T* const db_parts = parts.data() + (dw ? chunks * a.cols : 0);
    parallel_for(chunks, call.cost, [&](int64_t begin, int64_t end) {
      for (int64_t c = begin; c < end; c++) {
        const int64_t row = c * size, at = row * a.cols;
        NormBwd<T> part = {std::min(size, a.rows - row),
                           a.cols,
                           at_row<const T>(call, 0, at),
                           call.arg<const T>(1),
                           stats + row,
                           stats + a.rows + row,
                           stats + 2 * a.rows + row,
                           at_row<const T>(call, 3, at),
                           at_row<const T>(call, 4, at),
                           T(a.eps),
                           streams<T>(a, call.arg<T>(5)),
                           at_row<T>(call, 5, at),
                           dw ? dw_parts + c * a.cols : nullptr,
                           db ? db_parts + c * a.cols : nullptr};
        if (dw) std::fill_n(part.dw, a.cols, T(0));
        if (db) std::fill_n(part.db, a.cols, T(0));
        kernels<T>().norm.bwd[int(a.kind)](part);
      }
    });
    sum_rows(chunks, a.cols, dw_parts, dw);
    sum_rows(chunks, a.cols, db_parts, db);
  });
}

// args: x (n, groups, channels, inner), w (groups * channels) or none, b or none, y, stats (3, n * groups)
void group_norm_fwd(const Call& call) {
  const auto& a = call.attrs<GroupNormAttrs>();
  visit_float(call.args[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    const T *x = call.arg<const T>(0), *w = call.arg<const T>(1), *b = call.arg<const T>(2);
    T *y = call.arg<T>(3), *mean = call.arg<T>(4), *rstd = mean + a.n * a.groups,
      *rest = rstd + a.n * a.groups;
    const auto& k = kernels<T>().norm;
    const int64_t size = a.channels * a.inner;
    parallel_for(a.n * a.groups, call.cost, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; i++) {
        if (size == 0) {  // no values: backward multiplies sums of nothing by these
          mean[i] = rstd[i] = rest[i] = T(0);
          continue;
        }
        k.moments(size, x + i * size, T(a.eps), mean + i, rstd + i, rest + i);
        for (int64_t c = 0; c < a.channels; c++) {
          const int64_t at = i * size + c * a.inner, channel = i % a.groups * a.channels + c;
          const T scale = w ? rstd[i] * w[channel] : rstd[i];
          k.affine(a.inner, x + at, mean[i], scale, (b ? b[channel] : T(0)) - rest[i] * scale, y + at);
        }
      }
    });
  });
}

// With s and t the sums of dy and of dy (x - mean) over a channel's image, m the size of a group:
// dx = dy w rstd - (x - mean) rstd^3 / m sum(w t) - rstd / m sum(w s), dw = sum over n of t rstd, db of s.
// args: x, w or none, stats, dy, dx, dw, db: none where not needed
void group_norm_bwd(const Call& call) {
  const auto& a = call.attrs<GroupNormAttrs>();
  visit_float(call.args[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    const T *x = call.arg<const T>(0), *w = call.arg<const T>(1), *mean = call.arg<const T>(2),
            *rstd = mean + a.n * a.groups, *rest = rstd + a.n * a.groups, *dy = call.arg<const T>(3);
    T* dx = call.arg<T>(4);
    const auto& k = kernels<T>().norm;
    const int64_t size = a.channels * a.inner, all = a.groups * a.channels;
    const Scratch<T> s(a.n * all), t(a.n * all);  // by sample and channel
    parallel_for(a.n * a.groups, call.cost, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; i++) {
        T of_group[2] = {0, 0};
        for (int64_t c = 0; c < a.channels; c++) {
          const int64_t at = i * size + c * a.inner;
          T both[2];
          k.sums(a.inner, x + at, mean[i], dy + at, both);
          both[1] -= rest[i] * both[0];
          s.data()[i * a.channels + c] = both[0];
          t.data()[i * a.channels + c] = both[1] * rstd[i];
          const T weight = w ? w[i % a.groups * a.channels + c] : T(1);
          for (int j = 0; j < 2; j++) of_group[j] += weight * both[j];
        }
        if (!dx) continue;
        const T b = -of_group[1] * rstd[i] * rstd[i] * rstd[i] / T(size);
        const T shift = -of_group[0] * rstd[i] / T(size) - rest[i] * b;
        for (int64_t c = 0; c < a.channels; c++) {
          const int64_t at = i * size + c * a.inner;
          k.affine_bwd(a.inner, x + at, mean[i], dy + at,
                       w ? rstd[i] * w[i % a.groups * a.channels + c] : rstd[i], b, shift, dx + at);
        }
      }
    });
    sum_rows(a.n, all, t.data(), call.arg<T>(5));
    sum_rows(a.n, all, s.data(), call.arg<T>(6));
  });
}

}  // namespace nncore::cpu
