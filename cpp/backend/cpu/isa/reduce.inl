// Reductions of chunks and of columns.
#include "walk.inl"

// For a maximum or minimum, a fast pass only detects NaN; a second pass handles it if there is one.
struct PlainMax : MaxJoin {
  template <class V>
  V operator()(V a, V b) const {
    return max(b, a);
  }
};
struct PlainMin : MinJoin {
  template <class V>
  V operator()(V a, V b) const {
    return min(b, a);
  }
};
template <class T, class Plain, class Join>
T extreme_chunk(int64_t n, const T* x) {
  using V = Vec<T>;
  auto nan = V(T(0)) != V(T(0));
  const T found = reduce_terms<T, Plain>(n, [x, &nan](int64_t i, int64_t m) {
    const V v = load_some<V>(x + i, m);
    nan = nan | (v != v);
    return v;
  });
  return any(nan) ? reduce_chunk<T, Join>(n, x) : found;
}

template <class T>
T dot_chunk(int64_t n, const T* a, const T* b) {
  return reduce_terms<T, SumJoin>(
      n, [=](int64_t i, int64_t m) { return load_some<Vec<T>>(a + i, m) * load_some<Vec<T>>(b + i, m); });
}

// One chain per column, over a strip of `width` vectors.
template <class T, class Join, int width>
void reduce_strip(int64_t rows, int64_t cols, int64_t ld, const T* x, T* y, bool accumulate) {
  using V = Vec<T>;
  const Join join;
  V s[width];
  const auto lanes = [&](int j) {
    return cols - j * V::lanes < V::lanes ? cols - j * V::lanes : int64_t(V::lanes);
  };
  for (int j = 0; j < width; j++)
    s[j] = accumulate ? load_some<Vec<T>>(y + j * V::lanes, lanes(j)) : V(T(Join::start));
  for (int64_t i = 0; i < rows; i++)
    for (int j = 0; j < width; j++) s[j] = join(s[j], load_some<Vec<T>>(x + i * ld + j * V::lanes, lanes(j)));
  for (int j = 0; j < width; j++) s[j].store_n(y + j * V::lanes, lanes(j));
}

template <class T, class Join>
void reduce_columns(int64_t rows, int64_t cols, int64_t ld, const T* x, T* y, bool accumulate) {
  constexpr int64_t lanes = Vec<T>::lanes;
  int64_t j = 0;
  for (; j + 4 * lanes <= cols; j += 4 * lanes)
    reduce_strip<T, Join, 4>(rows, 4 * lanes, ld, x + j, y + j, accumulate);
  for (; j < cols; j += lanes)
    reduce_strip<T, Join, 1>(rows, cols - j < lanes ? cols - j : lanes, ld, x + j, y + j, accumulate);
}

template <class T>
constexpr nncore::ReduceKernels<T> make_kernels() {
  return {{reduce_chunk<T, SumJoin>, reduce_chunk<T, ProdJoin>, extreme_chunk<T, PlainMax, MaxJoin>,
           extreme_chunk<T, PlainMin, MinJoin>},
          {reduce_columns<T, SumJoin>, reduce_columns<T, ProdJoin>, reduce_columns<T, MaxJoin>,
           reduce_columns<T, MinJoin>},
          dot_chunk<T>};
}

constexpr nncore::Family<nncore::ReduceKernels> kernels = {make_kernels<float>(), make_kernels<double>()};
