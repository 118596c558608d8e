// Rows of softmax and cross-entropy.
#include "../../math.h"
//
#include "walk.inl"

// Several short rows are processed together, so that the latencies of their sums overlap.
constexpr int few = 8;
template <class T>
int together(int64_t rows, int64_t n) {
  return n * int64_t(sizeof(T)) > 2048 ? 1 : rows < few ? int(rows) : few;
}

// top[r] = max of row r, sum[r] = sum of exp(x - top[r]); store(r, i, lanes, e) receives the exponentials.
template <class T, class Store>
void exp_sums(int rows, int64_t n, const T* x, T* top, T* sum, Store store) {
  using V = Vec<T>;
  V part[few];
  for (int r = 0; r < rows; r++)
    part[r] = join_terms<T, MaxJoin>(n, [=](int64_t i, int64_t m) { return load_some<V>(x + r * n + i, m); });
  for (int r = 0; r < rows; r++) top[r] = part[r].fold(MaxJoin());
  const auto terms = [=](int r) {
    return [=, t = top[r]](int64_t i, int64_t m) {
      const V e = exp_down(load_some<V>(x + r * n + i, m) - V(t));
      store(r, i, m, e);
      return e;
    };
  };
  if (n > long_row) {
    for (int r = 0; r < rows; r++) sum[r] = sum_row<T>(n, terms(r));
    return;
  }
  for (int r = 0; r < rows; r++) part[r] = join_terms<T, SumJoin>(n, terms(r));
  for (int r = 0; r < rows; r++) sum[r] = part[r].fold(SumJoin());
}

template <class T>
NNCORE_FLATTEN void rows_sums(int64_t rows, int64_t n, const T* x, T* top, T* sum, T* log_sum) {
  using V = Vec<T>;
  for (int64_t r0 = 0, count; r0 < rows; r0 += count) {
    count = together<T>(rows - r0, n);
    exp_sums(int(count), n, x + r0 * n, top + r0, sum + r0, [](int, int64_t, int64_t, V) {});
    log(V::load_n(sum + r0, count)).store_n(log_sum + r0, count);
  }
}

template <class T>
void minus(int64_t n, const T* x, T top, T log_sum, T* y) {
  using V = Vec<T>;
  map_row(n, y, [=](int64_t i, int64_t m) { return load_some<V>(x + i, m) - V(top) - V(log_sum); });
}

template <class T>
NNCORE_FLATTEN void rows_softmax(int64_t rows, int64_t n, const T* x, T* y) {
  using V = Vec<T>;
  for (int64_t r0 = 0, count; r0 < rows; r0 += count) {
    count = together<T>(rows - r0, n);
    T top[few], sum[few];
    T* const to = y + r0 * n;
    exp_sums(int(count), n, x + r0 * n, top, sum,
             [=](int r, int64_t i, int64_t m, V e) { store_some(to + r * n + i, e, m); });
    (V(T(1)) / V::load_n(sum, count)).store_n(sum, count);
    for (int64_t r = 0; r < count; r++)
      map_row(n, to + r * n,
              [=](int64_t i, int64_t m) { return load_some<V>(to + r * n + i, m) * V(sum[r]); });
  }
}

template <class T>
NNCORE_FLATTEN void exp_minus(int64_t n, const T* x, T shift, T scale, T* y) {
  using V = Vec<T>;
  map_row(n, y,
          [=](int64_t i, int64_t m) { return exp_down(load_some<Vec<T>>(x + i, m) - V(shift)) * V(scale); });
}

template <class T>
void scale_shift(int64_t n, const T* x, T scale, T shift, T* y) {
  using V = Vec<T>;
  map_row(n, y, [=](int64_t i, int64_t m) { return fma(load_some<Vec<T>>(x + i, m), V(scale), V(shift)); });
}

template <class T, bool logarithm>
NNCORE_FLATTEN void rows_softmax_bwd(int64_t rows, int64_t n, const T* y, const T* dy, T* dx) {
  using V = Vec<T>;
  for (int64_t r0 = 0, count; r0 < rows; r0 += count) {
    count = together<T>(rows - r0, n);
    V part[few];
    for (int r = 0; r < count; r++) {
      const T *const yr = y + (r0 + r) * n, *const dr = dy + (r0 + r) * n;
      const auto term = [=](int64_t i, int64_t m) {
        return logarithm ? load_some<V>(dr + i, m) : load_some<V>(yr + i, m) * load_some<V>(dr + i, m);
      };
      part[r] = n > long_row ? V(sum_row<T>(n, term)) : join_terms<T, SumJoin>(n, term);
    }
    for (int r = 0; r < count && n <= long_row; r++) part[r] = V(part[r].fold(SumJoin()));
    for (int r = 0; r < count; r++) {
      const T *const yr = y + (r0 + r) * n, *const dr = dy + (r0 + r) * n;
      const V sum = part[r];
      map_row(n, dx + (r0 + r) * n, [=](int64_t i, int64_t m) {
        const V vy = load_some<V>(yr + i, m), d = load_some<V>(dr + i, m);
        return logarithm ? fma(exp_down(vy), -sum, d) : vy * (d - sum);
      });
    }
  }
}

template <class T>
constexpr nncore::LossKernels<T> make_kernels() {
  return {rows_sums<T>, rows_softmax<T>, minus<T>,
          exp_minus<T>, scale_shift<T>,  {rows_softmax_bwd<T, false>, rows_softmax_bwd<T, true>}};
}

constexpr nncore::Family<nncore::LossKernels> kernels = {make_kernels<float>(), make_kernels<double>()};
