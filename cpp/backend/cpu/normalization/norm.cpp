// Normalization of rows (layer, rms and l2 norm) and of groups of channels. The gradients of weight and bias
// are summed in chunks of rows that depend on the shape only.
#include <algorithm>

#include "../../../core/parallel.h"
#include "../../kernels/norm.h"
#include "../dispatch.h"
#include "../reduction/reduce_walk.h"
#include "../scratch.h"
#include "../stream.h"

namespace nncore::cpu {

namespace {

template <class T>
T* at(T* p, int64_t offset) {
  return p ? p + offset : nullptr;
}

// True if the stores of rows bypass the caches; each row is then a whole number of cache lines.
template <class T>
bool streams(int64_t rows, int64_t cols, const T* out) {
  const int64_t row = cols * int64_t(sizeof(T));
  return out && row % line == 0 && begins_line(out) && is_large(rows * row);
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

void run(const NormFwd& k) {
  visit_float(k.x.dtype, [&](auto zero) {
    using T = decltype(zero);
    const auto rows = kernels<T>().norm.fwd[int(k.kind)];
    T* const stats = k.stats.as<T>();
    parallel_for(k.rows, k.cost(), [&](int64_t begin, int64_t end) {
      const int64_t first = begin * k.cols;
      rows({.rows = end - begin,
            .cols = k.cols,
            .x = k.x.as<T>() + first,
            .residual = at(k.residual.as<T>(), first),
            .w = k.weight.as<T>(),
            .b = k.bias.as<T>(),
            .eps = T(k.eps),
            .stream = streams(k.rows, k.cols, k.y.as<T>()),
            .sum = at(k.sum.as<T>(), first),
            .y = k.y.as<T>() + first,
            .mean = stats + begin,
            .rstd = stats + k.rows + begin,
            .rest = stats + 2 * k.rows + begin});
    });
  });
}

void run(const NormBwd& k) {
  visit_float(k.x.dtype, [&](auto zero) {
    using T = decltype(zero);
    T *const dw = k.dweight.as<T>(), *const db = k.dbias.as<T>();
    const T* const stats = k.stats.as<T>();
    const int64_t size = norm_chunk(k.rows), chunks = (k.rows + size - 1) / size;
    const Scratch<T> parts((dw ? chunks * k.cols : 0) + (db ? chunks * k.cols : 0));
    T* const dw_parts = parts.data();
    T* const db_parts = parts.data() + (dw ? chunks * k.cols : 0);
    parallel_for(chunks, k.cost(), [&](int64_t begin, int64_t end) {
      for (int64_t c = begin; c < end; c++) {
        const int64_t row = c * size, first = row * k.cols;
        const NormRowsBwd<T> part = {.rows = std::min(size, k.rows - row),
                                     .cols = k.cols,
                                     .x = k.x.as<T>() + first,
                                     .w = k.weight.as<T>(),
                                     .mean = stats + row,
                                     .rstd = stats + k.rows + row,
                                     .rest = stats + 2 * k.rows + row,
                                     .dy = k.dy.as<T>() + first,
                                     .dsum = at(k.dsum.as<T>(), first),
                                     .eps = T(k.eps),
                                     .stream = streams(k.rows, k.cols, k.dx.as<T>()),
                                     .dx = at(k.dx.as<T>(), first),
                                     .dw = dw ? dw_parts + c * k.cols : nullptr,
                                     .db = db ? db_parts + c * k.cols : nullptr};
        if (dw) std::fill_n(part.dw, k.cols, T(0));
        if (db) std::fill_n(part.db, k.cols, T(0));
        kernels<T>().norm.bwd[int(k.kind)](part);
      }
    });
    sum_rows(chunks, k.cols, dw_parts, dw);
    sum_rows(chunks, k.cols, db_parts, db);
  });
}

void run(const GroupNormFwd& k) {
  visit_float(k.x.dtype, [&](auto zero) {
    using T = decltype(zero);
    const T *x = k.x.as<T>(), *w = k.weight.as<T>(), *b = k.bias.as<T>();
    T *y = k.y.as<T>(), *mean = k.stats.as<T>(), *rstd = mean + k.n * k.groups, *rest = rstd + k.n * k.groups;
    const auto& norm = kernels<T>().norm;
    const int64_t size = k.channels * k.inner;
    parallel_for(k.n * k.groups, k.cost(), [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; i++) {
        if (size == 0) {  // without values, backward multiplies empty sums by these
          mean[i] = rstd[i] = rest[i] = T(0);
          continue;
        }
        norm.moments(size, x + i * size, T(k.eps), mean + i, rstd + i, rest + i);
        for (int64_t c = 0; c < k.channels; c++) {
          const int64_t first = i * size + c * k.inner, channel = i % k.groups * k.channels + c;
          const T scale = w ? rstd[i] * w[channel] : rstd[i];
          norm.affine(k.inner, x + first, mean[i], scale, (b ? b[channel] : T(0)) - rest[i] * scale,
                      y + first);
        }
      }
    });
  });
}

// With the sums s of dy and t of dy (x - mean) over a channel of one sample, and the size m of a group:
// dx = dy w rstd - (x - mean) rstd^3 / m sum(w t) - rstd / m sum(w s), dw = sum over n of t rstd, db of s.
void run(const GroupNormBwd& k) {
  visit_float(k.x.dtype, [&](auto zero) {
    using T = decltype(zero);
    const T *x = k.x.as<T>(), *w = k.weight.as<T>(), *dy = k.dy.as<T>(), *mean = k.stats.as<T>(),
            *rstd = mean + k.n * k.groups, *rest = rstd + k.n * k.groups;
    T* dx = k.dx.as<T>();
    const auto& norm = kernels<T>().norm;
    const int64_t size = k.channels * k.inner, all = k.groups * k.channels;
    const Scratch<T> s(k.n * all), t(k.n * all);  // by sample and channel
    parallel_for(k.n * k.groups, k.cost(), [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; i++) {
        T of_group[2] = {0, 0};
        for (int64_t c = 0; c < k.channels; c++) {
          const int64_t first = i * size + c * k.inner;
          T both[2];
          norm.sums(k.inner, x + first, mean[i], dy + first, both);
          both[1] -= rest[i] * both[0];
          s.data()[i * k.channels + c] = both[0];
          t.data()[i * k.channels + c] = both[1] * rstd[i];
          const T weight = w ? w[i % k.groups * k.channels + c] : T(1);
          for (int j = 0; j < 2; j++) of_group[j] += weight * both[j];
        }
        if (!dx) continue;
        const T b = -of_group[1] * rstd[i] * rstd[i] * rstd[i] / T(size);
        const T shift = -of_group[0] * rstd[i] / T(size) - rest[i] * b;
        for (int64_t c = 0; c < k.channels; c++) {
          const int64_t first = i * size + c * k.inner;
          norm.affine_bwd(k.inner, x + first, mean[i], dy + first,
                          w ? rstd[i] * w[i % k.groups * k.channels + c] : rstd[i], b, shift, dx + first);
        }
      }
    });
    sum_rows(k.n, all, t.data(), k.dweight.as<T>());
    sum_rows(k.n, all, s.data(), k.dbias.as<T>());
  });
}

}  // namespace nncore::cpu
