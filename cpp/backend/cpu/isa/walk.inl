// Walks along a row. A reduction: four vectors of partial results walk a chunk, join as (0 1)(2 3), then fold
// by the fixed tree of Vec.

template <class V>
struct SumJoin {
  static V start() { return V(0); }
  V operator()(V a, V b) const { return a + b; }
};
template <class V>
struct ProdJoin {
  static V start() { return V(1); }
  V operator()(V a, V b) const { return a * b; }
};
// NaN wins, as in NumPy and PyTorch.
template <class V>
struct MaxJoin {
  static V start() { return V(-__builtin_huge_val()); }
  V operator()(V a, V b) const { return select((b > a) | (b != b), b, a); }
};
template <class V>
struct MinJoin {
  static V start() { return V(__builtin_huge_val()); }
  V operator()(V a, V b) const { return select((b < a) | (b != b), b, a); }
};

template <class T, class V>
T fold_lanes(V v, SumJoin<V>) {
  return v.fold([](T a, T b) { return a + b; });
}
template <class T, class V>
T fold_lanes(V v, ProdJoin<V>) {
  return v.fold([](T a, T b) { return a * b; });
}
template <class T, class V>
T fold_lanes(V v, MaxJoin<V>) {
  return v.fold([](T a, T b) { return b > a || b != b ? b : a; });
}
template <class T, class V>
T fold_lanes(V v, MinJoin<V>) {
  return v.fold([](T a, T b) { return b < a || b != b ? b : a; });
}

// The lanes below n of v, the neutral element elsewhere.
template <class T, class Join>
Vec<T> keep_first(Vec<T> v, int64_t n) {
  T lane[Vec<T>::lanes];
  for (int i = 0; i < Vec<T>::lanes; i++) lane[i] = T(i);
  return select(Vec<T>::load(lane) < Vec<T>(T(n)), v, Join::start());
}

// term(i, n) gives the n (or all) lanes of the vector of terms that starts at element i.
template <class T, class Join, class Term>
T reduce_terms(int64_t n, Term term) {
  using V = Vec<T>;
  const Join join;
  V s[4] = {Join::start(), Join::start(), Join::start(), Join::start()};
  int64_t i = 0;
  for (; i + 4 * V::lanes <= n; i += 4 * V::lanes)
    for (int j = 0; j < 4; j++) s[j] = join(s[j], term(i + j * V::lanes, V::lanes));
  for (int j = 0; i < n; i += V::lanes, j++) {
    const int64_t rest = n - i < V::lanes ? n - i : V::lanes;
    s[j] = join(s[j], keep_first<T, Join>(term(i, rest), rest));
  }
  return fold_lanes<T>(join(join(s[0], s[1]), join(s[2], s[3])), join);
}

template <class T, template <class> class Join>
T reduce_chunk(int64_t n, const T* x) {
  return reduce_terms<T, Join<Vec<T>>>(n, [=](int64_t i, int64_t m) { return load_some<Vec<T>>(x + i, m); });
}

// y[i..] = f(i, n lanes) over all vectors of a row
template <class T, class F>
void map_row(int64_t n, T* y, F f) {
  constexpr int64_t lanes = Vec<T>::lanes;
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes) f(i, lanes).store(y + i);
  if (i < n) f(i, n - i).store_n(y + i, n - i);
}

template <class T>
T first_lane(Vec<T> v) {
  T lane[Vec<T>::lanes];
  v.store(lane);
  return lane[0];
}
