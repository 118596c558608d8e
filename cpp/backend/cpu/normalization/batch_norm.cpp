// Batch norm of x (n, channels, inner). Sums run along each row of a channel, then over the samples. If inner
// is 1, they run down the columns. Their chunks depend on the shape only.
#include <algorithm>
#include <cmath>

#include "../../kernels/fold.h"
#include "../../kernels/norm.h"
#include "../dispatch.h"
#include "../reduction/reduce_walk.h"
#include "../scratch.h"

namespace nncore::cpu {

namespace {

struct Channels {
  int64_t n, channels, inner;
};

// y[c] = sum down column c of (n, channels); columns(rows, width, from, j, to) sums some rows of a strip
template <class T, class Columns>
void sum_columns(const Channels& a, int64_t cost, Columns columns, T* y) {
  reduce_middle<T>(
      Reduction::sum, 1, a.n, a.channels, cost,
      [&](int64_t, int64_t first, int64_t rows, int64_t j, int64_t width, T* to) {
        columns(rows, width, first * a.channels + j, j, to);
      },
      y);
}

// y[c] = sum of part (n, channels) over the samples
template <class T>
void sum_samples(const Channels& a, int64_t cost, const T* part, T* y) {
  const auto columns = kernels<T>().reduce.columns[int(Reduction::sum)];
  sum_columns(
      a, cost,
      [&](int64_t rows, int64_t width, int64_t from, int64_t, T* to) {
        columns(rows, width, a.channels, part + from, to, false);
      },
      y);
}

// Mean and variance of the batch from the deviations from a number near the mean; their sum corrects its
// error. rest: the rounding error of the mean, which matters for a large mean.
template <class T>
void batch_moments(const Channels& a, int64_t cost, const T* x, T* mean, T* rest, T* variance) {
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

// kept = (1 - factor) kept + factor now, with the unbiased variance
template <class T>
void update_kept(const Channels& a, double momentum, int64_t* batches, const T* mean, const T* variance,
                 T* kept_mean, T* kept_variance) {
  if (batches) ++*batches;
  const T factor = momentum < 0 ? T(1) / T(*batches) : T(momentum);
  const T count = T(a.n * a.inner), unbiased = count / (count - T(1));
  for (int64_t c = 0; c < a.channels; c++) {
    kept_mean[c] = (T(1) - factor) * kept_mean[c] + factor * mean[c];
    kept_variance[c] = (T(1) - factor) * kept_variance[c] + factor * (variance[c] * unbiased);
  }
}

// s[c] = sum of dy over channel c, t[c] = sum of dy (x - mean)
template <class T>
void gradient_sums(const Channels& a, int64_t cost, const T* x, const T* mean, const T* dy, T* s, T* t) {
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

void run(const BatchNormFwd& k) {
  visit_float(k.x.dtype, [&](auto zero) {
    using T = decltype(zero);
    const Channels a = {k.n, k.channels, k.inner};
    const T *x = k.x.as<T>(), *w = k.weight.as<T>(), *b = k.bias.as<T>();
    T *kept_mean = k.mean.as<T>(), *kept_variance = k.variance.as<T>(), *y = k.y.as<T>(),
      *mean = k.stats.as<T>(), *rstd = mean + a.channels, *rest = rstd + a.channels;
    if (k.training) {
      batch_moments(a, k.cost() / 3, x, mean, rest, rstd);
      if (interrupted()) return;
      if (kept_mean)
        update_kept(a, k.momentum, k.batches.as<int64_t>(), mean, rstd, kept_mean, kept_variance);
    } else {
      std::copy_n(kept_mean, a.channels, mean);
      std::copy_n(kept_variance, a.channels, rstd);
      std::fill_n(rest, a.channels, T(0));
    }
    for (int64_t c = 0; c < a.channels; c++) rstd[c] = T(1) / std::sqrt(rstd[c] + T(k.eps));
    if (a.inner == 1) {
      const Scratch<T> factors(2 * a.channels);
      T *const scale = factors.data(), *const shift = scale + a.channels;
      for (int64_t c = 0; c < a.channels; c++)
        scale[c] = rstd[c] * weight_of(w, c), shift[c] = (b ? b[c] : T(0)) - rest[c] * scale[c];
      return parallel_for(a.n, k.cost() / 3, [&](int64_t begin, int64_t end) {
        for (int64_t at = begin * a.channels; at < end * a.channels; at += a.channels)
          kernels<T>().norm.affine_row(a.channels, x + at, mean, scale, shift, y + at);
      });
    }
    parallel_for(a.n * a.channels, k.cost() / 3, [&](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; r++) {
        const int64_t c = r % a.channels;
        const T scale = rstd[c] * weight_of(w, c);
        kernels<T>().norm.affine(a.inner, x + r * a.inner, mean[c], scale,
                                 (b ? b[c] : T(0)) - rest[c] * scale, y + r * a.inner);
      }
    });
  });
}

// dx = w rstd (dy - s / m - z t / m), dw = t, db = s, with the sums s of dy and t of dy (x - mean) rstd over
// a channel of m elements, and the normalized channel z. In evaluation mode, dx = w rstd dy.
void run(const BatchNormBwd& k) {
  visit_float(k.x.dtype, [&](auto zero) {
    using T = decltype(zero);
    const Channels a = {k.n, k.channels, k.inner};
    const T *x = k.x.as<T>(), *w = k.weight.as<T>(), *dy = k.dy.as<T>(), *mean = k.stats.as<T>(),
            *rstd = mean + a.channels, *rest = rstd + a.channels;
    T *dx = k.dx.as<T>(), *dw = k.dweight.as<T>(), *db = k.dbias.as<T>();
    const int64_t rows = a.n * a.channels;
    const Scratch<T> sums(2 * a.channels);
    T *const s = sums.data(), *const t = s + a.channels;
    gradient_sums(a, k.cost() / 2, x, mean, dy, s, t);
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
      const T share = k.training ? -scale[c] / count : T(0);
      slope[c] = share * rstd[c] * t[c];
      shift[c] = share * s[c] - rest[c] * slope[c];
    }
    const auto& norm = kernels<T>().norm;
    if (a.inner == 1)
      return parallel_for(a.n, k.cost() / 2, [&](int64_t begin, int64_t end) {
        for (int64_t at = begin * a.channels; at < end * a.channels; at += a.channels)
          norm.affine_row_bwd(a.channels, x + at, mean, dy + at, scale, slope, shift, dx + at);
      });
    parallel_for(rows, k.cost() / 2, [&](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; r++) {
        const int64_t c = r % a.channels, at = r * a.inner;
        norm.affine_bwd(a.inner, x + at, mean[c], dy + at, scale[c], slope[c], shift[c], dx + at);
      }
    });
  });
}

}  // namespace nncore::cpu
