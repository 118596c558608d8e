// Softmax over tiles of scores, as an attention head walks along its keys: Milakov, Gimelshein, Online
// normalizer calculation for softmax, 2018; Dao et al., FlashAttention, 2022.
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
    if constexpr (biased) return fma(s, Vec<T>(scale), load_some<Vec<T>>(bias + i, n));
    return s * Vec<T>(scale);
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

template <class T, bool biased>
NNCORE_FLATTEN void softmax_rows(const nncore::AttentionTile<T>& t) {
  using V = Vec<T>;
  for (int64_t r = 0; r < t.rows; r++) {
    const int64_t n = seen(t, r);
    T* const p = t.scores + r * t.ld;
    const ScoreRow<T, biased> v = {p, biased ? t.bias + r * t.ld_bias : nullptr, t.scale};
    const T before = t.largest[r], here = reduce_terms<T, MaxJoin>(n, v);
    // + 0: processors differ in whether a maximum flushes a subnormal operand
    const T top = (before > here ? before : here) + T(0),
            shift = top == T(-__builtin_huge_val()) ? T(0) : top;
    const T factor = exp(V(before - shift)).first();
    const T sum = reduce_terms<T, SumJoin>(n, [=](int64_t i, int64_t m) {
      const V e = exp(v(i, m) - V(shift));
      store_some(p + i, e, m);
      return e;
    });
    clear(t.keys - n, p + n);
    t.largest[r] = top;
    t.sum[r] = t.sum[r] * factor + sum;
    t.factor[r] = factor;
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
    const V lse(t.lse[r]), delta(t.delta[r]), scale(t.scale);
    for (int64_t i = 0; i < n; i += V::lanes) {
      const V e = exp(v(i, n - i) - lse), d = load_some<V>(dp + i, n - i);
      store_some(p + i, e, n - i);
      store_some(dp + i, e * (d - delta) * scale, n - i);
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
    const Vec<T> f(factor[r]);
    const T* const from = x + r * ld;
    map_row(n, x + r * ld, [=](int64_t i, int64_t m) { return load_some<Vec<T>>(from + i, m) * f; });
  }
}

template <class T>
NNCORE_FLATTEN void finish(int64_t rows, const T* largest, const T* sum, T* factor, T* lse) {
  using V = Vec<T>;
  const V inf = V(T(__builtin_huge_val())), none = V(T(0));
  for (int64_t i = 0; i < rows; i += V::lanes) {
    const V s = load_some<V>(sum + i, rows - i), top = load_some<V>(largest + i, rows - i);
    const auto empty = s == none;
    store_some(factor + i, select(empty, none, V(T(1)) / s), rows - i);
    store_some(lse + i, select(empty, inf, top + log(s)), rows - i);
  }
}

template <class T>
constexpr nncore::AttentionKernels<T> make_kernels() {
  return {softmax<T>, softmax_bwd<T>, scale_rows<T>, finish<T>};
}

constexpr nncore::Family<nncore::AttentionKernels> kernels = {make_kernels<float>(), make_kernels<double>()};
