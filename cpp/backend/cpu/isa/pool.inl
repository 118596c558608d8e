// Pooling: a row of outputs at a time, one output per lane, so that each window is read in row-major order.
#include "../../math.h"

template <class T>
using Row = Vec<T, Reg<T>::lanes>;  // one register, because rows are often short
template <class T>
using Int = typename nncore::PoolInt<T>::Type;

// p[0], p[step], ..., `m` of them.
template <class V, class T>
NNCORE_INLINE V load_spaced(const T* p, int64_t step, int64_t m) {
  T lanes[V::lanes];
  for (int64_t i = 0; i < V::lanes; i++) lanes[i] = i < m ? p[i * step] : T(0);
  return V::load(lanes);
}

// The numbers at even and at odd places of p[0] to p[2 m - 1].
template <class V, class T>
NNCORE_INLINE void load_pairs(const T* p, int64_t m, V& even, V& odd) {
  const V a = load_some<V>(p, 2 * m), b = load_some<V>(p + V::lanes, 2 * m - V::lanes);
  even.r[0] = V::R::even(a.r[0], b.r[0]);
  odd.r[0] = V::R::odd(a.r[0], b.r[0]);
}

// f(c, elements) for the columns of a row of `m` windows in order. `columns`: their number, or 0 if it is not
// a constant. stride: 1, 2 or, for any other, 0. With stride 2, one load serves two columns.
template <int stride, int columns, class V, class T, class F>
NNCORE_INLINE void each_column(const nncore::PoolRow<T>& a, const T* p, int64_t m, F f) {
  const int64_t n = columns ? columns : a.columns;
  int64_t c = 0;
  if constexpr (stride == 2) {
    V even, odd;
    for (; c + 2 <= n; c += 2) {
      load_pairs(p + c, m, even, odd);
      f(even);
      f(odd);
    }
    if (c < n) {  // from the column before, so that no element after the last window is read
      load_pairs(p + c - 1, m, even, odd);
      f(odd);
    }
  } else if constexpr (stride == 1) {
    for (; c < n; c++) f(load_some<V>(p + c * a.dilation, m));
  } else {
    for (; c < n; c++) f(load_spaced<V>(p + c * a.dilation, a.stride, m));
  }
}

// f<stride, columns>() for each_column.
template <class T, class F>
NNCORE_INLINE void with_sizes(const nncore::PoolRow<T>& a, F f) {
  if (a.stride == 2 && a.dilation == 1 && a.columns == 2)
    f.template operator()<2, 2>();
  else if (a.stride == 2 && a.dilation == 1 && a.columns == 3)
    f.template operator()<2, 3>();
  else if (a.stride == 2 && a.dilation == 1 && a.columns > 1)
    f.template operator()<2, 0>();
  else if (a.stride == 1 && a.columns == 3)
    f.template operator()<1, 3>();
  else if (a.stride == 1)
    f.template operator()<1, 0>();
  else
    f.template operator()<0, 0>();
}

// f(x, m) for the blocks [x, x + m) of n numbers. The last block overlaps the one before it, unless there is
// one block.
template <class V, class F>
NNCORE_INLINE void each_block(int64_t n, F f) {
  int64_t x = 0;
  for (; x + V::lanes <= n; x += V::lanes) f(x, int64_t(V::lanes));
  if (x < n) n < V::lanes ? f(0, n) : f(n - V::lanes, int64_t(V::lanes));
}

template <class T>
NNCORE_FLATTEN void pool_max(const nncore::PoolRow<T>& a, const Int<T>* first, T* y, Int<T>* index) {
  using V = Row<T>;
  using Uint = typename V::Uint;
  const auto larger = [](V v, V best) { return (v > best) | (v != v); };
  Int<T> steps[V::lanes];
  for (int i = 0; i < V::lanes; i++) steps[i] = Int<T>(i * a.stride);
  const V lane = V::load(reinterpret_cast<const T*>(steps)), next = V::from_bits(Uint(a.dilation));
  with_sizes(a, [&]<int stride, int columns>() {
    each_block<V>(a.outputs, [&](int64_t x, int64_t m) {
      V best(-T(__builtin_inf()));
      if (!index) {
        for (int64_t r = 0; r < a.rows; r++)
          each_column<stride, columns, V>(a, a.row[r] + x * a.stride, m,
                                          [&](V v) { best = select(larger(v, best), v, best); });
        return store_some(y + x, best, m);
      }
      // positions relative to the first element of a window
      V at =
          bit_add(load_some<V>(reinterpret_cast<const T*>(first + x), m), V::from_bits(Uint(a.position[0])));
      for (int64_t r = 0; r < a.rows; r++) {
        V place = V::from_bits(Uint(a.position[r]));
        each_column<stride, columns, V>(a, a.row[r] + x * a.stride, m, [&](V v) {
          const auto taken = larger(v, best);
          best = select(taken, v, best);
          at = select(taken, place, at);
          place = bit_add(place, next);
        });
      }
      store_some(y + x, best, m);
      store_some(reinterpret_cast<T*>(index + x),
                 bit_add(at, bit_add(lane, V::from_bits(Uint(x * a.stride)))), m);
    });
  });
}

template <class T>
NNCORE_FLATTEN void pool_mean(const nncore::PoolRow<T>& a, T factor, const T* divisor, T* y) {
  using V = Row<T>;
  with_sizes(a, [&]<int stride, int columns>() {
    each_block<V>(a.outputs, [&](int64_t x, int64_t m) {
      V sum(T(0));
      for (int64_t r = 0; r < a.rows; r++)
        each_column<stride, columns, V>(a, a.row[r] + x * a.stride, m, [&](V v) { sum = sum + v; });
      store_some(y + x, sum / (V(factor) * load_some<V>(divisor + x, m)), m);
    });
  });
}

// y may be dy, so no block overlaps another.
template <class T>
NNCORE_FLATTEN void pool_divide(int64_t n, const T* dy, T factor, const T* divisor, T* y) {
  using V = Row<T>;
  for (int64_t x = 0; x < n; x += V::lanes)
    store_some(y + x, load_some<V>(dy + x, n - x) / (V(factor) * load_some<V>(divisor + x, n - x)), n - x);
}

// y += x
template <class T>
NNCORE_INLINE void add_row(int64_t n, const T* x, T* y) {
  using V = Row<T>;
  int64_t j = 0;
  for (; j + V::lanes <= n; j += V::lanes) (V::load(y + j) + V::load(x + j)).store(y + j);
  for (; j < n; j++) y[j] += x[j];
}

template <class T>
NNCORE_FLATTEN void pool_mean_bwd(const nncore::PoolGradRow<T>& a) {
  using V = Row<T>;
  pool_divide(a.outputs, a.dy, a.factor, a.divisor, a.terms);
  const int64_t end = a.padding + a.width;
  // Column m stride + p is in the windows m - c for all columns p + c stride of a window.
  for (int64_t m = 0; m * a.stride < end; m += V::lanes) {
    T phases[nncore::pool_grad_strides][V::lanes];
    for (int64_t p = 0; p < a.stride; p++) {
      V sum(T(0));
      for (int64_t c = (a.columns - 1 - p + a.stride) / a.stride; c-- > 0;)
        sum = sum + V::load(a.terms + m - c);
      sum.store(phases[p]);
    }
    T* const to = a.sums + m * a.stride;
    if (a.stride == 2) {  // with a constant stride, the compiler interleaves vectors
      for (int i = 0; i < V::lanes; i++) to[2 * i] = phases[0][i], to[2 * i + 1] = phases[1][i];
    } else {
      for (int i = 0; i < V::lanes; i++)
        for (int64_t p = 0; p < a.stride; p++) to[i * a.stride + p] = phases[p][i];
    }
  }
  for (int64_t r = 0; r < a.rows; r++) add_row(a.width, a.sums + a.padding, a.row[r]);
}

template <class T>
NNCORE_FLATTEN void pool_blend(int64_t rows, const T* const* row, const T* weight, int64_t n, T* y) {
  using V = Lanes<T>;
  for (int64_t x = 0; x < n; x += V::lanes) {
    V sum = V(weight[0]) * load_some<V>(row[0] + x, n - x);
    for (int64_t k = 1; k < rows; k++) sum = fma(V(weight[k]), load_some<V>(row[k] + x, n - x), sum);
    store_some(y + x, sum, n - x);
  }
}

template <class T>
NNCORE_FLATTEN void pool_add_weighted(int64_t n, T weight, const T* from, T* y) {
  using V = Lanes<T>;
  for (int64_t x = 0; x < n; x += V::lanes)
    store_some(y + x, fma(V(weight), load_some<V>(from + x, n - x), load_some<V>(y + x, n - x)), n - x);
}

template <class T>
constexpr nncore::PoolKernels<T> make_kernels() {
  return {pool_max<T>, pool_mean<T>, pool_mean_bwd<T>, pool_divide<T>, pool_blend<T>, pool_add_weighted<T>};
}

constexpr nncore::Family<nncore::PoolKernels> kernels = {make_kernels<float>(), make_kernels<double>()};
