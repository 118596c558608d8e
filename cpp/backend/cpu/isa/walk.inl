// Loops over a row: reductions in the order of backend/order.h, and maps.

struct SumJoin {
  static constexpr double start = 0;
  template <class V>
  V operator()(V a, V b) const {
    return a + b;
  }
};
struct ProdJoin {
  static constexpr double start = 1;
  template <class V>
  V operator()(V a, V b) const {
    return a * b;
  }
};
// The result is NaN if an element is NaN, as in NumPy and PyTorch: max(b, a) returns a if a is NaN.
struct MaxJoin {
  static constexpr double start = -__builtin_huge_val();
  template <class V>
  V operator()(V a, V b) const {
    return select(b != b, b, max(b, a));
  }
};
struct MinJoin {
  static constexpr double start = __builtin_huge_val();
  template <class V>
  V operator()(V a, V b) const {
    return select(b != b, b, min(b, a));
  }
};

template <class T>
constexpr T lane_number[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

// The lanes below n of v; the other lanes are the neutral element.
template <class T, class Join>
Vec<T> keep_first(Vec<T> v, int64_t n) {
  return select(Vec<T>::load(lane_number<T>) < Vec<T>(T(n)), v, Vec<T>(T(Join::start)));
}

// term(i, n) returns the vector of terms that starts at element i; n lanes are valid.
template <class T, class Join, class Term>
Vec<T> join_terms(int64_t n, Term term) {
  using V = Vec<T>;
  const Join join;
  V s0(T(Join::start)), s1 = s0, s2 = s0, s3 = s0;
  int64_t i = 0;
  for (; i + 4 * V::lanes <= n; i += 4 * V::lanes) {
    s0 = join(s0, term(i, V::lanes));
    s1 = join(s1, term(i + V::lanes, V::lanes));
    s2 = join(s2, term(i + 2 * V::lanes, V::lanes));
    s3 = join(s3, term(i + 3 * V::lanes, V::lanes));
  }
  for (int j = 0; i < n; i += V::lanes, j++) {
    const int64_t rest = n - i < V::lanes ? n - i : V::lanes;
    V t = term(i, rest);
    if (rest < V::lanes) t = keep_first<T, Join>(t, rest);
    if (j == 0) s0 = join(s0, t);
    if (j == 1) s1 = join(s1, t);
    if (j == 2) s2 = join(s2, t);
    if (j == 3) s3 = join(s3, t);
  }
  return join(join(s0, s1), join(s2, s3));
}
template <class T, class Join, class Term>
T reduce_terms(int64_t n, Term term) {
  return join_terms<T, Join>(n, term).fold(Join());
}

using nncore::long_row;

// The sum of a row of any length. Long rows are split, which limits the error.
template <class T, class Term>
T sum_row(int64_t n, Term term) {
  if (n <= long_row) return reduce_terms<T, SumJoin>(n, term);
  double sum = 0;
  for (int64_t begin = 0; begin < n; begin += long_row)
    sum += double(reduce_terms<T, SumJoin>(n - begin < long_row ? n - begin : long_row,
                                           [=](int64_t i, int64_t m) { return term(begin + i, m); }));
  return T(sum);
}

template <class T, class Join>
T reduce_chunk(int64_t n, const T* x) {
  return reduce_terms<T, Join>(n, [=](int64_t i, int64_t m) { return load_some<Vec<T>>(x + i, m); });
}

// y[i..] = f(i, n lanes) over all vectors of a row
template <class T, class F>
void map_row(int64_t n, T* y, F f) {
  constexpr int64_t lanes = Vec<T>::lanes;
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes) f(i, lanes).store(y + i);
  if (i < n) f(i, n - i).store_n(y + i, n - i);
}
