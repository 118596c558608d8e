// Softmax over tiles of scores, one tile of keys after another: Milakov, Gimelshein, Online normalizer
// calculation for softmax, 2018; Dao et al., FlashAttention, 2022.
#include "../../math.h"
//
#include "walk.inl"

template <class T, bool biased>
struct ScoreRow {
  const T* scores;
  const T* bias;
  T scale;
  Vec<T> operator()(int64_t i, int64_t n) const {
    const Vec<T> s = load_some<Vec<T>>(scores + i, n);
    if constexpr (!biased) return s * Vec<T>(scale);
    const Vec<T> b = load_some<Vec<T>>(bias + i, n);
    return select(b == Vec<T>(T(-__builtin_huge_val())), b, fma(s, Vec<T>(scale), b));
  }
};

template <class T>
int64_t seen(const nncore::AttentionTile<T>& t, int64_t row) {
  const int64_t n = row + t.ahead + 1;
  return n < 0 ? 0 : n < t.keys ? n : t.keys;
}

template <class T>
void clear(int64_t n, T* x) {
  map_row(n, x, [](int64_t, int64_t) { return Vec<T>(T(0)); });
}

// Several rows are processed together: the latencies of their sums overlap, and their factors are one vector.
template <class T, bool biased>
NNCORE_FLATTEN void softmax_rows(const nncore::AttentionTile<T>& t) {
  using V = Vec<T>;
  constexpr int few = 8;
  for (int64_t r0 = 0; r0 < t.rows; r0 += few) {
    const int rows = t.rows - r0 < few ? int(t.rows - r0) : few;
    const auto row = [&](int r) {
      return ScoreRow<T, biased>{t.scores + (r0 + r) * t.ld, biased ? t.bias + (r0 + r) * t.ld_bias : nullptr,
                                 t.scale};
    };
    T *const largest = t.largest + r0, *const sum = t.sum + r0, *const factor = t.factor + r0;
    T shift[few];
    V part[few];
    for (int r = 0; r < rows; r++) part[r] = join_terms<T, MaxJoin>(seen(t, r0 + r), row(r));
    for (int r = 0; r < rows; r++) {
      const T here = part[r].fold(MaxJoin()), before = largest[r];
      // + 0 flushes a subnormal number; whether the maximum flushes it depends on the processor
      largest[r] = (before > here ? before : here) + T(0);
      shift[r] = largest[r] == T(-__builtin_huge_val()) ? T(0) : largest[r];
      factor[r] = before - shift[r];
    }
    exp_down(V::load_n(factor, rows)).store_n(factor, rows);
    for (int r = 0; r < rows; r++) {
      const auto v = row(r);
      T* const p = t.scores + (r0 + r) * t.ld;
      const int64_t n = seen(t, r0 + r);
      const V top(shift[r]);
      part[r] = join_terms<T, SumJoin>(n, [=](int64_t i, int64_t m) {
        const V e = exp_down(v(i, m) - top);
        store_some(p + i, e, m);
        return e;
      });
      clear(t.keys - n, p + n);
    }
    for (int r = 0; r < rows; r++) sum[r] = sum[r] * factor[r] + part[r].fold(SumJoin());
  }
}

template <class T>
void softmax(const nncore::AttentionTile<T>& t) {
  t.bias ? softmax_rows<T, true>(t) : softmax_rows<T, false>(t);
}

template <class T, bool biased>
NNCORE_FLATTEN void softmax_bwd_rows(const nncore::AttentionTile<T>& t) {
  using V = Vec<T>;
  for (int64_t r = 0; r < t.rows; r++) {
    const int64_t n = seen(t, r);
    T *const p = t.scores + r * t.ld, *const dp = t.dp + r * t.ld;
    const ScoreRow<T, biased> v = {p, biased ? t.bias + r * t.ld_bias : nullptr, t.scale};
    const V shift(t.shift[r]), share(t.share[r]), delta(t.delta[r]), scale(t.scale);
    for (int64_t i = 0; i < n; i += V::lanes) {
      const V e = exp_down(v(i, n - i) - shift) * share, d = load_some<V>(dp + i, n - i);
      V ds = e * (d - delta) * scale;
      if constexpr (biased)  // a masked key has a zero gradient, even if dp is NaN
        ds = select(load_some<V>(v.bias + i, n - i) == V(T(-__builtin_huge_val())), V(T(0)), ds);
      store_some(p + i, e, n - i);
      store_some(dp + i, ds, n - i);
    }
    clear(t.keys - n, p + n);
    clear(t.keys - n, dp + n);
  }
}

template <class T>
void softmax_bwd(const nncore::AttentionTile<T>& t) {
  t.bias ? softmax_bwd_rows<T, true>(t) : softmax_bwd_rows<T, false>(t);
}

template <class T>
void scale_rows(int64_t rows, int64_t n, const T* factor, T* x, int64_t ld) {
  for (int64_t r = 0; r < rows; r++) {
    const Vec<T> f(factor[r]), nan(T(__builtin_nan("")));
    const T* const from = x + r * ld;
    map_row(n, x + r * ld, [=](int64_t i, int64_t m) {
      const Vec<T> y = load_some<Vec<T>>(from + i, m) * f;
      return select(y == y, y, nan);
    });
  }
}

template <class T>
void finish(int64_t rows, const T* largest, const T* sum, T* share, T* shift) {
  using V = Vec<T>;
  const V none = V(T(0));
  for (int64_t i = 0; i < rows; i += V::lanes) {
    const V s = load_some<V>(sum + i, rows - i), top = load_some<V>(largest + i, rows - i);
    const auto empty = s == none;
    store_some(share + i, select(empty, none, V(T(1)) / s), rows - i);
    store_some(shift + i, select(empty, none, top), rows - i);
  }
}

template <class T>
constexpr nncore::AttentionKernels<T> make_kernels() {
  return {softmax<T>, softmax_bwd<T>, scale_rows<T>, finish<T>};
}

constexpr nncore::Family<nncore::AttentionKernels> kernels = {make_kernels<float>(), make_kernels<double>()};
