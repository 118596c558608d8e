// Reductions: four vectors of partial results walk a chunk, join as (0 1)(2 3), then fold by the fixed tree
// of Vec.

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

template <class T>
T dot_chunk(int64_t n, const T* a, const T* b) {
  return reduce_terms<T, SumJoin<Vec<T>>>(
      n, [=](int64_t i, int64_t m) { return load_some<Vec<T>>(a + i, m) * load_some<Vec<T>>(b + i, m); });
}

template <class T>
T squared_difference_chunk(int64_t n, const T* a, const T* b) {
  return reduce_terms<T, SumJoin<Vec<T>>>(n, [=](int64_t i, int64_t m) {
    const Vec<T> d = load_some<Vec<T>>(a + i, m) - load_some<Vec<T>>(b + i, m);
    return d * d;
  });
}

// One chain for each column, down a strip of `width` vectors.
template <class T, class Join, int width>
void reduce_strip(int64_t rows, int64_t cols, int64_t ld, const T* x, T* y, bool accumulate) {
  using V = Vec<T>;
  const Join join;
  V s[width];
  const auto lanes = [&](int j) {
    return cols - j * V::lanes < V::lanes ? cols - j * V::lanes : int64_t(V::lanes);
  };
  for (int j = 0; j < width; j++)
    s[j] = accumulate ? load_some<Vec<T>>(y + j * V::lanes, lanes(j)) : Join::start();
  for (int64_t i = 0; i < rows; i++)
    for (int j = 0; j < width; j++) s[j] = join(s[j], load_some<Vec<T>>(x + i * ld + j * V::lanes, lanes(j)));
  for (int j = 0; j < width; j++) s[j].store_n(y + j * V::lanes, lanes(j));
}

template <class T, template <class> class Join>
void reduce_columns(int64_t rows, int64_t cols, int64_t ld, const T* x, T* y, bool accumulate) {
  using J = Join<Vec<T>>;
  constexpr int64_t lanes = Vec<T>::lanes;
  int64_t j = 0;
  for (; j + 4 * lanes <= cols; j += 4 * lanes)
    reduce_strip<T, J, 4>(rows, 4 * lanes, ld, x + j, y + j, accumulate);
  for (; j < cols; j += lanes)
    reduce_strip<T, J, 1>(rows, cols - j < lanes ? cols - j : lanes, ld, x + j, y + j, accumulate);
}

template <class T>
constexpr nncore::ReduceKernels<T> reduce_kernels() {
  return {{reduce_chunk<T, SumJoin>, reduce_chunk<T, ProdJoin>, reduce_chunk<T, MaxJoin>,
           reduce_chunk<T, MinJoin>},
          {reduce_columns<T, SumJoin>, reduce_columns<T, ProdJoin>, reduce_columns<T, MaxJoin>,
           reduce_columns<T, MinJoin>},
          dot_chunk<T>,
          squared_difference_chunk<T>};
}
