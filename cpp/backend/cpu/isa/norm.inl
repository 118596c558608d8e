// Rows normalized to mean 0 and variance 1 (Ba, Kiros and Hinton 2016), or to a norm (Zhang and
// Sennrich 2019).
#include "../../math_exp.h"
//
#include "walk.inl"

// The number of rows that are processed together: the latencies of their sums overlap, and w and b
// are read once.
constexpr int few = 4;

template <class T>
Vec<T> some(const T* p, int64_t i, int64_t left) {
  return load_some<Vec<T>>(p + i, left);
}

template <class T>
void put(T* p, Vec<T> v, int64_t left, bool stream) {
  if (stream)
    v.stream(p);
  else
    store_some(p, v, left);
}

// sum[r] += sum over i of term(r, i, lanes); a long row has several sums, which are added in double
template <class T, class Term>
void sum_rows(int rows, int64_t n, Term term, double* sum) {
  for (int64_t begin = 0; begin < n; begin += long_row) {
    const int64_t m = n - begin < long_row ? n - begin : long_row;
    Vec<T> part[few];
    for (int r = 0; r < rows; r++)
      part[r] =
          join_terms<T, SumJoin>(m, [=](int64_t i, int64_t lanes) { return term(r, begin + i, lanes); });
    for (int r = 0; r < rows; r++) sum[r] += double(part[r].fold(SumJoin()));
  }
}

// The same for two terms: term(r, i, lanes, pair). Each has two chains, folded by the fixed tree. Lanes
// beyond the end are 0.
template <class T, class Term>
void sum_pairs(int rows, int64_t n, Term term, double* sum0, double* sum1) {
  using V = Vec<T>;
  for (int64_t begin = 0; begin < n; begin += long_row) {
    const int64_t end = n - begin < long_row ? n : begin + long_row;
    V part[few][2];
    for (int r = 0; r < rows; r++) {
      V a0(T(0)), a1 = a0, b0 = a0, b1 = a0;
      int64_t i = begin;
      for (; i + 2 * V::lanes <= end; i += 2 * V::lanes) {
        V t[2], u[2];
        term(r, i, V::lanes, t);
        term(r, i + V::lanes, V::lanes, u);
        a0 = a0 + t[0];
        b0 = b0 + t[1];
        a1 = a1 + u[0];
        b1 = b1 + u[1];
      }
      for (; i < end; i += V::lanes) {
        V t[2];
        term(r, i, end - i, t);
        a0 = a0 + t[0];
        b0 = b0 + t[1];
      }
      part[r][0] = a0 + a1;
      part[r][1] = b0 + b1;
    }
    for (int r = 0; r < rows; r++) {
      sum0[r] += double(part[r][0].fold(SumJoin()));
      sum1[r] += double(part[r][1].fold(SumJoin()));
    }
  }
}

template <class T>
T reciprocal_root(T x) {
  return (Vec<T>(T(1)) / sqrt(Vec<T>(x))).first();
}

// Mean and variance from the sums of x - m and (x - m)^2 for a number m near the mean; the sums correct the
// error of m. mean: in m, out the mean; rest: the rounding error of that mean.
template <class T>
T variance_about(int64_t n, double sum, double square, T* mean, T* rest) {
  const double apart = sum / double(n), exact = double(*mean) + apart;
  *mean = T(exact);
  *rest = T(exact - double(*mean));
  const double variance = square / double(n) - apart * apart;
  return T(variance < 0 ? 0 : variance);
}

// The variance comes from a second pass over the deviations, which avoids cancellation. During that pass, the
// rows at `next` are prefetched.
template <class T, nncore::NormKind kind>
void row_statistics(int rows, int64_t n, const T* x, T eps, T* mean, T* rstd, T* rest,
                    const T* next = nullptr) {
  using V = Vec<T>;
  double sum[few] = {}, square[few] = {};
  if constexpr (kind == nncore::NormKind::layer) {
    sum_rows<T>(rows, n, [=](int r, int64_t i, int64_t m) { return some(x + r * n, i, m); }, sum);
    for (int r = 0; r < rows; r++) mean[r] = T(sum[r] / double(n)), sum[r] = 0;
    sum_pairs<T>(
        rows, n,
        [=](int r, int64_t i, int64_t m, V(&t)[2]) {
          if (next) __builtin_prefetch(next + r * n + i);
          t[0] = some(x + r * n, i, m) - V(mean[r]);
          if (m < V::lanes) t[0] = keep_first<T, SumJoin>(t[0], m);
          t[1] = t[0] * t[0];
        },
        sum, square);
    for (int r = 0; r < rows; r++)
      rstd[r] = reciprocal_root(variance_about(n, sum[r], square[r], mean + r, rest + r) + eps);
    return;
  }
  sum_rows<T>(
      rows, n,
      [=](int r, int64_t i, int64_t m) {
        if (next) __builtin_prefetch(next + r * n + i);
        const V v = some(x + r * n, i, m);
        return v * v;
      },
      square);
  for (int r = 0; r < rows; r++) {
    mean[r] = rest[r] = T(0);
    if constexpr (kind == nncore::NormKind::l2) {
      const T length = sqrt(V(T(square[r]))).first();
      rstd[r] = (V(T(1)) / V(length < eps ? eps : length)).first();
    } else {
      rstd[r] = reciprocal_root(T(square[r]) / T(n) + eps);
    }
  }
}

// A row before weight and bias: (x - mean - rest) rstd, with shift = -rest rstd.
template <nncore::NormKind kind, class V>
NNCORE_INLINE V standard(V x, V mean, V rstd, V shift) {
  if constexpr (kind == nncore::NormKind::layer) return fma(x - mean, rstd, shift);
  return (x - mean) * rstd;
}

template <class T, nncore::NormKind kind>
NNCORE_FLATTEN void norm_fwd(const nncore::NormRows<T>& a) {
  using V = Vec<T>;
  const int64_t n = a.cols;
  const T *const w = a.w, *const b = a.b;
  for (int64_t r0 = 0; r0 < a.rows; r0 += few) {
    const int rows = a.rows - r0 < few ? int(a.rows - r0) : few;
    const T* x = a.x + r0 * n;
    if (a.residual) {
      T* sum = a.sum + r0 * n;
      const T* residual = a.residual + r0 * n;
      map_row(rows * n, sum, [=](int64_t i, int64_t m) { return some(x, i, m) + some(residual, i, m); });
      x = sum;
    }
    T mean[few], rstd[few], rest[few], shift[few];
    const T* const next = a.stream && r0 + 2 * few <= a.rows ? a.x + (r0 + few) * n : nullptr;
    row_statistics<T, kind>(rows, n, x, a.eps, mean, rstd, rest, next);
    for (int r = 0; r < rows; r++) {
      a.mean[r0 + r] = mean[r];
      a.rstd[r0 + r] = rstd[r];
      a.rest[r0 + r] = rest[r];
      shift[r] = -rest[r] * rstd[r];
    }
    T* const y = a.y + r0 * n;
    for (int64_t i = 0; i < n; i += V::lanes) {
      const int64_t m = n - i;
      const V weight = w ? some(w, i, m) : V(T(1)), bias = b ? some(b, i, m) : V(T(0));
      for (int r = 0; r < rows; r++) {
        const V z = standard<kind>(some(x + r * n, i, m), V(mean[r]), V(rstd[r]), V(shift[r]));
        put(y + r * n + i, fma(z, weight, bias), m, a.stream);
      }
    }
  }
  Reg<T>::settle_streams();
}

// With g = dy w and z = (x - mean - rest) rstd: dx = rstd (g - mean(g) - z mean(g z)), dw = sum over rows of
// dy z, db = sum over rows of dy. For rms and l2, mean(g) is left out. For l2, mean(g z) is replaced by
// sum(g z), or by 0 if eps replaced |x|.
template <class T, nncore::NormKind kind>
NNCORE_FLATTEN void norm_bwd(const nncore::NormRowsBwd<T>& a) {
  using V = Vec<T>;
  using nncore::NormKind;
  const int64_t n = a.cols;
  const T* const w = a.w;
  for (int64_t r0 = 0; r0 < a.rows; r0 += few) {
    const int rows = a.rows - r0 < few ? int(a.rows - r0) : few;
    const T *const x = a.x + r0 * n, *const dy = a.dy + r0 * n, *const mean = a.mean + r0,
                   *const rstd = a.rstd + r0;
    T g[few] = {}, gz[few] = {}, shift[few];
    for (int r = 0; r < rows; r++) shift[r] = -a.rest[r0 + r] * rstd[r];
    if (a.dx) {
      double sum[few] = {}, product[few] = {};
      sum_pairs<T>(
          rows, n,
          [=](int r, int64_t i, int64_t m, V(&t)[2]) {
            t[0] = some(dy + r * n, i, m);
            if (w) t[0] = t[0] * some(w, i, m);
            t[1] = t[0] * (some(x + r * n, i, m) - V(mean[r]));
          },
          sum, product);
      for (int r = 0; r < rows; r++) {
        g[r] = kind == NormKind::layer ? T(sum[r]) / T(n) : T(0);
        gz[r] = T(product[r]);
        if (kind == NormKind::layer) gz[r] -= a.rest[r0 + r] * T(sum[r]);
        gz[r] = rstd[r] * (kind == NormKind::l2 ? gz[r] : gz[r] / T(n));
        if (kind == NormKind::l2 && rstd[r] * a.eps >= T(1)) gz[r] = 0;
      }
    }
    const bool prefetch = r0 + 2 * few <= a.rows;
    for (int64_t i = 0; i < n; i += V::lanes) {
      const int64_t m = n - i;
      const V weight = w ? some(w, i, m) : V(T(1));
      V dw = a.dw ? some(a.dw, i, m) : V(T(0)), db = a.db ? some(a.db, i, m) : V(T(0));
      for (int r = 0; r < rows; r++) {
        const V d = some(dy + r * n, i, m), s(rstd[r]);
        if (prefetch) {  // the next rows, during the arithmetic of these
          __builtin_prefetch(x + (rows + r) * n + i);
          __builtin_prefetch(dy + (rows + r) * n + i);
        }
        const V z = standard<kind>(some(x + r * n, i, m), V(mean[r]), s, V(shift[r]));
        dw = fma(d, z, dw);
        db = db + d;
        if (!a.dx) continue;
        V dx = fma(z, V(-gz[r]), d * weight - V(g[r])) * s;
        if (a.dsum) dx = dx + some(a.dsum + (r0 + r) * n, i, m);
        put(a.dx + (r0 + r) * n + i, dx, m, a.stream);
      }
      if (a.dw) store_some(a.dw + i, dw, m);
      if (a.db) store_some(a.db + i, db, m);
    }
  }
  Reg<T>::settle_streams();
}

template <class T>
NNCORE_FLATTEN void moments(int64_t n, const T* x, T eps, T* mean, T* rstd, T* rest) {
  row_statistics<T, nncore::NormKind::layer>(1, n, x, eps, mean, rstd, rest);
}

template <class T>
NNCORE_FLATTEN void spread(int64_t n, const T* x, T mean, T* both) {
  using V = Vec<T>;
  double sum[2] = {};
  sum_pairs<T>(
      1, n,
      [=](int, int64_t i, int64_t m, V(&t)[2]) {
        t[0] = some(x, i, m) - V(mean);
        if (m < V::lanes) t[0] = keep_first<T, SumJoin>(t[0], m);
        t[1] = t[0] * t[0];
      },
      sum, sum + 1);
  both[0] = T(sum[0]);
  both[1] = T(sum[1]);
}

template <class T>
NNCORE_FLATTEN void affine(int64_t n, const T* x, T mean, T scale, T shift, T* y) {
  using V = Vec<T>;
  map_row(n, y, [=](int64_t i, int64_t m) { return fma(some(x, i, m) - V(mean), V(scale), V(shift)); });
}

template <class T>
NNCORE_FLATTEN void sums(int64_t n, const T* x, T mean, const T* dy, T* both) {
  double sum[2] = {};
  sum_pairs<T>(
      1, n,
      [=](int, int64_t i, int64_t m, Vec<T>(&t)[2]) {
        t[0] = some(dy, i, m);
        t[1] = t[0] * (some(x, i, m) - Vec<T>(mean));
      },
      sum, sum + 1);
  both[0] = T(sum[0]);
  both[1] = T(sum[1]);
}

template <class T>
NNCORE_FLATTEN void affine_bwd(int64_t n, const T* x, T mean, const T* dy, T a, T b, T c, T* dx) {
  using V = Vec<T>;
  map_row(n, dx, [=](int64_t i, int64_t m) {
    return fma(some(dy, i, m), V(a), fma(some(x, i, m) - V(mean), V(b), V(c)));
  });
}

template <class T>
void affine_row(int64_t n, const T* x, const T* mean, const T* scale, const T* shift, T* y) {
  map_row(n, y, [=](int64_t i, int64_t m) {
    return fma(some(x, i, m) - some(mean, i, m), some(scale, i, m), some(shift, i, m));
  });
}

template <class T>
void affine_row_bwd(int64_t n, const T* x, const T* mean, const T* dy, const T* a, const T* b, const T* c,
                    T* dx) {
  map_row(n, dx, [=](int64_t i, int64_t m) {
    return fma(some(dy, i, m), some(a, i, m),
               fma(some(x, i, m) - some(mean, i, m), some(b, i, m), some(c, i, m)));
  });
}

// Several columns are processed together, so that the latencies of their chains overlap.
template <class T>
void dot_columns(int64_t rows, int64_t cols, int64_t ld, const T* x, const T* mean, const T* dy, T* y) {
  using V = Vec<T>;
  constexpr int64_t lanes = V::lanes;
  for (int64_t j0 = 0; j0 < cols; j0 += few * lanes) {
    V m[few], s[few];
    for (int v = 0; v < few; v++) m[v] = some(mean, j0 + v * lanes, cols - j0 - v * lanes), s[v] = V(T(0));
    for (int64_t i = 0; i < rows; i++)
      for (int v = 0; v < few; v++) {
        const int64_t j = j0 + v * lanes, at = i * ld + j;
        const V d = some(x, at, cols - j) - m[v];
        s[v] = dy ? fma(some(dy, at, cols - j), d, s[v]) : s[v] + d;
      }
    for (int v = 0; v < few; v++)
      if (j0 + v * lanes < cols) store_some(y + j0 + v * lanes, s[v], cols - j0 - v * lanes);
  }
}

template <class T>
constexpr nncore::NormKernels<T> make_kernels() {
  using nncore::NormKind;
  return {{norm_fwd<T, NormKind::layer>, norm_fwd<T, NormKind::rms>, norm_fwd<T, NormKind::l2>},
          {norm_bwd<T, NormKind::layer>, norm_bwd<T, NormKind::rms>, norm_bwd<T, NormKind::l2>},
          moments<T>,
          spread<T>,
          affine<T>,
          sums<T>,
          affine_bwd<T>,
          affine_row<T>,
          affine_row_bwd<T>,
          dot_columns<T>};
}

constexpr nncore::Family<nncore::NormKernels> kernels = {make_kernels<float>(), make_kernels<double>()};
