// Reductions over one axis of (outer, n, inner).
#include "../../kernels/reduce.h"

#include "../dispatch.h"
#include "../scratch.h"
#include "reduce_walk.h"

namespace nncore::cpu {

namespace {

// Products of float32 are computed in double: in float32, each factor would add a rounding error.
void multiply(const Reduce& k) {
  const float* const x = k.x.as<float>();
  const int64_t count = k.outer * k.inner;
  const Scratch<double> products(count);
  if (k.inner == 1) {
    const auto chunk = kernels<double>().reduce.chunk[int(Reduction::prod)];
    reduce_rows<double>(
        k.op, k.outer, k.n, k.cost(),
        [&](int64_t r, int64_t i, int64_t m) {
          double factors[row_chunk];
          std::copy_n(x + r * k.n + i, m, factors);
          return chunk(m, factors);
        },
        products.data());
  } else {
    reduce_middle<double>(
        k.op, k.outer, k.n, k.inner, k.cost(),
        [&](int64_t o, int64_t first, int64_t rows, int64_t j, int64_t width, double* to) {
          const float* from = x + (o * k.n + first) * k.inner + j;
          std::fill_n(to, width, 1.0);
          for (int64_t i = 0; i < rows; i++, from += k.inner)
            for (int64_t c = 0; c < width; c++) to[c] *= double(from[c]);
        },
        products.data());
  }
  for (int64_t i = 0; i < count; i++) k.y.as<float>()[i] = float(products.data()[i] * k.scale);
}

constexpr int64_t reduce_block = 1 << 16;  // elements between checks for an interrupt

// Calls f(lane, start) for every lane of (outer, n, inner); start is the index of its first element.
template <class K, class F>
void for_lanes(const K& k, F f) {
  parallel_for(k.outer * k.inner, k.cost(), [&](int64_t begin, int64_t end) {
    int64_t o = begin / k.inner, i = begin % k.inner;
    for (int64_t lane = begin; lane < end; lane++) {
      f(lane, o * k.n * k.inner + i);
      if (++i == k.inner) i = 0, o++;
    }
  });
}

template <class T>
void reduce_float(const Reduce& k) {
  if constexpr (std::is_same_v<T, float>)
    if (k.op == Reduction::prod) return multiply(k);
  const T* x = k.x.as<T>();
  T* y = k.y.as<T>();
  if (k.inner == 1) {
    const auto chunk = kernels<T>().reduce.chunk[int(k.op)];
    reduce_rows<T>(
        k.op, k.outer, k.n, k.cost(),
        [&](int64_t r, int64_t i, int64_t m) { return chunk(m, x + r * k.n + i); }, y);
  } else {
    const auto columns = kernels<T>().reduce.columns[int(k.op)];
    reduce_middle<T>(
        k.op, k.outer, k.n, k.inner, k.cost(),
        [&](int64_t o, int64_t first, int64_t rows, int64_t j, int64_t width, T* to) {
          columns(rows, width, k.inner, x + (o * k.n + first) * k.inner + j, to, false);
        },
        y);
  }
  if (k.scale != 1)
    for (int64_t i = 0; i < k.outer * k.inner; i++) y[i] *= T(k.scale);
}

// Reductions of integers are exact in any order; sums and products are int64.
template <class T>
void reduce_integer(const Reduce& k) {
  const T* x = k.x.as<T>();
  const auto run = [&](auto* y) {
    using Y = std::remove_pointer_t<decltype(y)>;
    for_lanes(k, [&](int64_t lane, int64_t start) {
      const T* from = x + start;
      Y s = k.op == Reduction::sum    ? Y(0)
            : k.op == Reduction::prod ? Y(1)
            : k.n > 0                 ? Y(from[0])
                                      : Y(k.op == Reduction::min);  // bool: all() or any() of no elements
      in_blocks(k.n, reduce_block, [&](int64_t first, int64_t last) {
        for (int64_t r = first; r < last; r++) s = Y(join<Y>(k.op, s, Y(from[r * k.inner])));
      });
      y[lane] = s;
    });
  };
  if (k.op == Reduction::sum || k.op == Reduction::prod)
    run(k.y.as<int64_t>());
  else
    run(k.y.as<T>());
}

}  // namespace

template <class T>
T row_sum(int64_t n, const T* x) {
  T sum;
  const auto chunk = kernels<T>().reduce.chunk[int(Reduction::sum)];
  reduce_rows<T>(
      Reduction::sum, 1, n, 0, [&](int64_t, int64_t i, int64_t m) { return chunk(m, x + i); }, &sum);
  return sum;
}

template float row_sum(int64_t, const float*);
template double row_sum(int64_t, const double*);

void run(const Reduce& k) {
  visit(k.x.dtype, [&](auto zero) {
    using T = decltype(zero);
    if constexpr (std::is_floating_point_v<T>)
      reduce_float<T>(k);
    else
      reduce_integer<T>(k);
  });
}

namespace {

// For contiguous rows. The level's kernel computes the extreme of each chunk. Then a search finds the first
// index of the row's extreme in the first chunk that contains it.
template <class T>
void arg_reduce_rows(const ArgReduce& k) {
  const T* const x = k.x.as<T>();
  int64_t* const y = k.y.as<int64_t>();
  const auto chunk = kernels<T>().reduce.chunk[int(k.op)];
  const int64_t chunks = (k.n + row_chunk - 1) / row_chunk;
  const Scratch<T> parts(k.outer * chunks);
  parallel_for(k.outer * chunks, k.cost() / 8, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) {
      const int64_t start = i % chunks * row_chunk;
      parts.data()[i] = chunk(std::min(row_chunk, k.n - start), x + i / chunks * k.n + start);
    }
  });
  const auto find = [&](int64_t o) {
    const T* part = parts.data() + o * chunks;
    T best = part[0];
    int64_t found = 0;
    for (int64_t c = 1; c < chunks && best == best; c++)
      if (part[c] != part[c] || (k.op == Reduction::max ? part[c] > best : part[c] < best))
        best = part[c], found = c;
    const T* from = x + o * k.n;
    int64_t at = found * row_chunk;
    constexpr int64_t piece = 128;
    for (T here; at + piece < k.n; at += piece)
      if (here = chunk(piece, from + at); here == best || here != here) break;
    while (at + 1 < k.n && from[at] != best && from[at] == from[at]) at++;  // bounded: x may have changed
    y[o] = at;
  };
  parallel_for(k.outer, k.cost() / 8, [&](int64_t begin, int64_t end) {
    for (int64_t o = begin; o < end; o++) find(o);
  });
}

}  // namespace

// NaN is the most extreme value.
void run(const ArgReduce& k) {
  visit(k.x.dtype, [&](auto zero) {
    using T = decltype(zero);
    const T* x = k.x.as<T>();
    int64_t* y = k.y.as<int64_t>();
    const bool largest = k.op == Reduction::max;
    if (k.inner == 0) return;
    if constexpr (std::is_floating_point_v<T>)
      if (k.inner == 1 && k.n >= 64) return arg_reduce_rows<T>(k);
    for_lanes(k, [&](int64_t lane, int64_t start) {
      const T* from = x + start;
      T best = from[0];
      int64_t at = 0;
      in_blocks(k.n, reduce_block, [&](int64_t first, int64_t last) {
        for (int64_t r = first; r < last && best == best; r++) {
          const T v = from[r * k.inner];
          if ((largest ? v > best : v < best) || v != v) best = v, at = r;
        }
      });
      y[lane] = at;
    });
  });
}

}  // namespace nncore::cpu
