// Batch norm: every channel of (n, channels, inner) brought to the mean and variance of the batch, or to
// those kept. Sums go along each row of a channel, then over the samples, both cut by the shape alone; where
// inner is 1 they go down the columns.
#include <algorithm>
#include <cmath>

#include "dispatch.h"
#include "kernels.h"
#include "reduce_walk.h"
#include "scratch.h"

namespace nncore::cpu {

namespace {

// y[c] = sum down column c of (n, channels), of what columns(rows, width, from, j, to) gives for a part
template <class T, class Columns>
void sum_columns(const BatchNormAttrs& a, int64_t cost, Columns columns, T* y) {
  reduce_middle<T>(
      Reduction::sum, 1, a.n, a.channels, cost,
      [&](int64_t, int64_t first, int64_t rows, int64_t j, int64_t width, T* to) {
        columns(rows, width, first * a.channels + j, j, to);
      },
      y);
}

// y[c] = sum over samples of part (n, channels)
template <class T>
void sum_samples(const BatchNormAttrs& a, int64_t cost, const T* part, T* y) {
  const auto columns = kernels<T>().reduce.columns[int(Reduction::sum)];
  sum_columns(
      a, cost,
      [&](int64_t rows, int64_t width, int64_t from, int64_t, T* to) {
        columns(rows, width, a.channels, part + from, to, false);
      },
      y);
}

// Mean and variance of the batch from sums of the deviations from a number near the mean, which make good its
// own error. rest: what the mean lacks, as numbers near a large one lie far apart.
template <class T>
void batch_moments(const BatchNormAttrs& a, int64_t cost, const T* x, T* mean, T* rest, T* variance) {
  const T count = T(a.n * a.inner);
  const auto split = [&](int64_t c, double apart) {
    const double exact = double(mean[c]) + apart;
    mean[c] = T(exact);
    rest[c] = T(exact - double(mean[c]));
  };
  if (a.inner == 1) {
    sum_samples(a, cost, x, mean);
    for (int64_t c = 0; c < a.channels; c++) mean[c] /= count;
    sum_columns(
        a, cost,
        [&](int64_t rows, int64_t width, int64_t from, int64_t j, T* to) {
          kernels<T>().norm.dot_columns(rows, width, a.channels, x + from, mean + j, nullptr, to);
        },
        rest);
    for (int64_t c = 0; c < a.channels; c++) split(c, double(rest[c]) / double(count));
    const auto spread = kernels<T>().fold.columns[int(Fold::deviation)];
    sum_columns(
        a, cost,
        [&](int64_t rows, int64_t width, int64_t from, int64_t j, T* to) {
          spread(rows, width, a.channels, x + from, mean + j, T(0), to);
        },
        variance);
    for (int64_t c = 0; c < a.channels; c++)
      variance[c] = std::max(variance[c] / count - rest[c] * rest[c], T(0));
    return;
  }
  const int64_t rows = a.n * a.channels;
  const Scratch<T> parts(2 * rows);
  T *const part = parts.data(), *const squares = part + rows;
  const auto& k = kernels<T>();
  reduce_rows<T>(
      Reduction::sum, rows, a.inner, cost,
      [&](int64_t r, int64_t i, int64_t n) {
        return k.reduce.chunk[int(Reduction::sum)](n, x + r * a.inner + i);
      },
      part);
  sum_samples(a, cost / a.inner, part, mean);
  for (int64_t c = 0; c < a.channels; c++) mean[c] /= count;
  parallel_for(rows, cost, [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; r++) {
      T both[2];
      k.norm.spread(a.inner, x + r * a.inner, mean[r % a.channels], both);
      part[r] = both[0], squares[r] = both[1];
    }
  });
  sum_samples(a, cost / a.inner, part, rest);
  sum_samples(a, cost / a.inner, squares, variance);
  for (int64_t c = 0; c < a.channels; c++) {
    const double apart = double(rest[c]) / double(count);
    variance[c] = T(std::max(double(variance[c]) / double(count) - apart * apart, 0.0));
    split(c, apart);
  }
}

// kept = (1 - factor) kept + factor now, the variance unbiased
template <class T>
void update_kept(const BatchNormAttrs& a, int64_t* batches, const T* mean, const T* variance, T* kept_mean,
                 T* kept_variance) {
  if (batches) ++*batches;
  const T factor = a.momentum < 0 ? T(1) / T(*batches) : T(a.momentum);
  const T count = T(a.n * a.inner), unbiased = count / (count - T(1));
  for (int64_t c = 0; c < a.channels; c++) {
    kept_mean[c] = (T(1) - factor) * kept_mean[c] + factor * mean[c];
    kept_variance[c] = (T(1) - factor) * kept_variance[c] + factor * (variance[c] * unbiased);
  }
}

// s[c] = sum of dy, t[c] = sum of dy (x - mean) over a channel
template <class T>
void gradient_sums(const BatchNormAttrs& a, int64_t cost, const T* x, const T* mean, const T* dy, T* s,
                   T* t) {
  const auto& k = kernels<T>().norm;
  if (a.inner == 1) {
    sum_samples(a, cost / 2, dy, s);
    return sum_columns(
        a, cost / 2,
        [&](int64_t rows, int64_t width, int64_t from, int64_t j, T* to) {
          k.dot_columns(rows, width, a.channels, x + from, mean + j, dy + from, to);
        },
        t);
  }
  const int64_t rows = a.n * a.channels;
  const Scratch<T> parts(2 * rows);
  T *const s_part = parts.data(), *const t_part = s_part + rows;
  parallel_for(rows, cost, [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; r++) {
      T both[2];
      k.sums(a.inner, x + r * a.inner, mean[r % a.channels], dy + r * a.inner, both);
      s_part[r] = both[0];
      t_part[r] = both[1];
    }
  });
  sum_samples(a, cost / a.inner, s_part, s);
  sum_samples(a, cost / a.inner, t_part, t);
}

template <class T>
T weight_of(const T* w, int64_t channel) {
  return w ? w[channel] : T(1);
}

}  // namespace

// args: x, w or none, b or none, kept mean and variance or none (written in training), batches or none
// (int64, counted), y, stats (3, channels): mean, 1/std and what the mean lacks
void batch_norm_fwd(const Call& call) {
  const auto& a = call.attrs<BatchNormAttrs>();
  visit_float(call.args[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    const T *x = call.arg<const T>(0), *w = call.arg<const T>(1), *b = call.arg<const T>(2);
    T *kept_mean = call.arg<T>(3), *kept_variance = call.arg<T>(4), *y = call.arg<T>(6),
      *mean = call.arg<T>(7), *rstd = mean + a.channels, *rest = rstd + a.channels;
    if (a.training) {
      batch_moments(a, call.cost / 3, x, mean, rest, rstd);
      if (interrupted()) return;
      if (kept_mean) update_kept(a, call.arg<int64_t>(5), mean, rstd, kept_mean, kept_variance);
    } else {
      std::copy_n(kept_mean, a.channels, mean);
      std::copy_n(kept_variance, a.channels, rstd);
      std::fill_n(rest, a.channels, T(0));
    }
    for (int64_t c = 0; c < a.channels; c++) rstd[c] = T(1) / std::sqrt(rstd[c] + T(a.eps));
    if (a.inner == 1) {
      const Scratch<T> factors(2 * a.channels);
      T *const scale = factors.data(), *const shift = scale + a.channels;
      for (int64_t c = 0; c < a.channels; c++)
        scale[c] = rstd[c] * weight_of(w, c), shift[c] = (b ? b[c] : T(0)) - rest[c] * scale[c];
      return parallel_for(a.n, call.cost / 3, [&](int64_t begin, int64_t end) {
        for (int64_t at = begin * a.channels; at < end * a.channels; at += a.channels)
          kernels<T>().norm.affine_row(a.channels, x + at, mean, scale, shift, y + at);
      });
    }
    parallel_for(a.n * a.channels, call.cost / 3, [&](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; r++) {
        const int64_t c = r % a.channels;
        const T scale = rstd[c] * weight_of(w, c);
        kernels<T>().norm.affine(a.inner, x + r * a.inner, mean[c], scale,
                                 (b ? b[c] : T(0)) - rest[c] * scale, y + r * a.inner);
      }
    });
  });
}

// With s and t the sums of dy and of dy (x - mean) rstd over a channel, m its number of elements, and z what
// the channel became: dx = w rstd (dy - s / m - z t / m), without s and t where the statistics were kept
// ones; dw = t, db = s. args: x, w or none, stats, dy, dx, dw, db: none where not needed
void batch_norm_bwd(const Call& call) {
  const auto& a = call.attrs<BatchNormAttrs>();
  visit_float(call.args[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    const T *x = call.arg<const T>(0), *w = call.arg<const T>(1), *mean = call.arg<const T>(2),
            *rstd = mean + a.channels, *rest = rstd + a.channels, *dy = call.arg<const T>(3);
    T *dx = call.arg<T>(4), *dw = call.arg<T>(5), *db = call.arg<T>(6);
    const int64_t rows = a.n * a.channels;
    const Scratch<T> sums(2 * a.channels);
    T *const s = sums.data(), *const t = s + a.channels;
    gradient_sums(a, call.cost / 2, x, mean, dy, s, t);
    for (int64_t c = 0; c < a.channels; c++) t[c] = (t[c] - rest[c] * s[c]) * rstd[c];
    if (dw) std::copy_n(t, a.channels, dw);
    if (db) std::copy_n(s, a.channels, db);
    if (!dx) return;
    const T count = T(a.n * a.inner);
    // dx = dy scale + (x - mean) slope + shift
    const Scratch<T> factors(3 * a.channels);
    T *const scale = factors.data(), *const slope = scale + a.channels, *const shift = slope + a.channels;
    for (int64_t c = 0; c < a.channels; c++) {
      scale[c] = rstd[c] * weight_of(w, c);
      const T share = a.training ? -scale[c] / count : T(0);
      slope[c] = share * rstd[c] * t[c];
      shift[c] = share * s[c] - rest[c] * slope[c];
    }
    const auto& k = kernels<T>().norm;
    if (a.inner == 1)
      return parallel_for(a.n, call.cost / 2, [&](int64_t begin, int64_t end) {
        for (int64_t at = begin * a.channels; at < end * a.channels; at += a.channels)
          k.affine_row_bwd(a.channels, x + at, mean, dy + at, scale, slope, shift, dx + at);
      });
    parallel_for(rows, call.cost / 2, [&](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; r++) {
        const int64_t c = r % a.channels, at = r * a.inner;
        k.affine_bwd(a.inner, x + at, mean[c], dy + at, scale[c], slope[c], shift[c], dx + at);
      }
    });
  });
}

}  // namespace nncore::cpu
