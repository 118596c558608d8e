// Sums of terms, for the variance, norms and the logarithm of a sum of exponentials.
#include "../../math.h"
//
#include "walk.inl"

// fwd(x, m, p) is the term. c * bwd(x, m, rest, p) is its derivative; the caller computes c. Deviations are
// from the mean m + rest: rest is the rounding error of m, which matters for a large mean.
struct DeviationTerm {
  template <class V>
  static V fwd(V x, V m, V) {
    return (x - m) * (x - m);
  }
  template <class V>
  static V bwd(V x, V m, V rest, V) {
    return x - m - rest;
  }
};
struct AbsTerm {
  template <class V>
  static V fwd(V x, V, V) {
    return abs(x);
  }
  template <class V>
  static V bwd(V x, V, V, V) {
    return select(x < V(0), V(-1), select(V(0) < x, V(1), x));
  }
};
struct SquareTerm {
  template <class V>
  static V fwd(V x, V, V) {
    return x * x;
  }
  template <class V>
  static V bwd(V x, V, V, V) {
    return x;
  }
};
struct PowerTerm {
  template <class V>
  static V fwd(V x, V, V p) {
    return pow(abs(x), p);
  }
  template <class V>
  static V bwd(V x, V, V, V p) {
    return select(x == V(0), V(0), copysign(pow(abs(x), p - V(1)), x));
  }
};
struct ExpTerm {  // m is the largest x; the term of x == m is 1, even if m is infinite
  template <class V>
  static V fwd(V x, V m, V) {
    return select(x == m, V(1), exp_down(x - m));
  }
  template <class V>
  static V bwd(V x, V m, V, V p) {
    return fwd(x, m, p);
  }
};

template <class T, class Term>
T fold_chunk(int64_t n, const T* x, T m, T power) {
  using V = Vec<T>;
  return reduce_terms<T, SumJoin>(
      n, [=](int64_t i, int64_t k) { return Term::fwd(load_some<V>(x + i, k), V(m), V(power)); });
}

template <class T, class Term>
void fold_columns(int64_t rows, int64_t cols, int64_t ld, const T* x, const T* m, T power, T* y) {
  using V = Vec<T>;
  for (int64_t j = 0; j < cols; j += V::lanes) {
    const V vm = load_some<V>(m + j, cols - j);
    V s = V(T(0));
    for (int64_t i = 0; i < rows; i++)
      s = s + Term::fwd(load_some<V>(x + i * ld + j, cols - j), vm, V(power));
    store_some(y + j, s, cols - j);
  }
}

template <class T, class Term, bool single>
void fold_bwd(int64_t n, const T* x, const T* m, const T* rest, const T* c, T power, T* dx) {
  using V = Vec<T>;
  map_row(n, dx, [=](int64_t i, int64_t k) {
    const auto of_result = [=](const T* p) { return single ? V(*p) : load_some<V>(p + i, k); };
    return of_result(c) * Term::bwd(load_some<V>(x + i, k), of_result(m), of_result(rest), V(power));
  });
}

template <class T, class... Terms>
constexpr nncore::FoldKernels<T> make_kernels() {
  return {{fold_chunk<T, Terms>...},
          {fold_columns<T, Terms>...},
          {fold_bwd<T, Terms, true>...},
          {fold_bwd<T, Terms, false>...}};
}

constexpr nncore::Family<nncore::FoldKernels> kernels = {
    make_kernels<float, DeviationTerm, AbsTerm, SquareTerm, PowerTerm, ExpTerm>(),
    make_kernels<double, DeviationTerm, AbsTerm, SquareTerm, PowerTerm, ExpTerm>()};
