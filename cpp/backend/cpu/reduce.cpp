// Reductions over one axis of (outer, n, inner).
#include "dispatch.h"
#include "kernels.h"
#include "reduce_walk.h"
#include "scratch.h"

namespace nncore::cpu {

namespace {

// Products of float32 in double: each factor's rounding would stay in the result, however they are joined.
void multiply(const Call& call, const ReduceAttrs& a) {
  const float* const x = call.arg<const float>(0);
  const int64_t count = a.outer * a.inner;
  const Scratch<double> products(count);
  if (a.inner == 1) {
    const auto chunk = kernels<double>().reduce.chunk[int(Reduction::prod)];
    reduce_rows<double>(
        a.op, a.outer, a.n, call.cost,
        [&](int64_t r, int64_t i, int64_t m) {
          double factors[row_chunk];
          std::copy_n(x + r * a.n + i, m, factors);
          return chunk(m, factors);
        },
        products.data());
  } else {
    reduce_middle<double>(
        a.op, a.outer, a.n, a.inner, call.cost,
        [&](int64_t o, int64_t first, int64_t rows, int64_t j, int64_t width, double* to) {
          const float* from = x + (o * a.n + first) * a.inner + j;
          std::fill_n(to, width, 1.0);
          for (int64_t i = 0; i < rows; i++, from += a.inner)
            for (int64_t c = 0; c < width; c++) to[c] *= double(from[c]);
        },
        products.data());
  }
  for (int64_t i = 0; i < count; i++) call.arg<float>(1)[i] = float(products.data()[i] * a.scale);
}

constexpr int64_t block = 1 << 16;  // elements between two looks for an interrupt

// f(lane, start) for every lane of (outer, n, inner): `start` is where its first element lies.
template <class F>
void for_lanes(const ReduceAttrs& a, int64_t cost, F f) {
  parallel_for(a.outer * a.inner, cost, [&](int64_t begin, int64_t end) {
    int64_t o = begin / a.inner, i = begin % a.inner;
    for (int64_t lane = begin; lane < end; lane++) {
      f(lane, o * a.n * a.inner + i);
      if (++i == a.inner) i = 0, o++;
    }
  });
}

template <class T>
void reduce_float(const Call& call, const ReduceAttrs& a) {
  if constexpr (std::is_same_v<T, float>)
    if (a.op == Reduction::prod) return multiply(call, a);
  const T* x = call.arg<const T>(0);
  T* y = call.arg<T>(1);
  if (a.inner == 1) {
    const auto chunk = kernels<T>().reduce.chunk[int(a.op)];
    reduce_rows<T>(
        a.op, a.outer, a.n, call.cost,
        [&](int64_t r, int64_t i, int64_t m) { return chunk(m, x + r * a.n + i); }, y);
  } else {
    const auto columns = kernels<T>().reduce.columns[int(a.op)];
    reduce_middle<T>(
        a.op, a.outer, a.n, a.inner, call.cost,
        [&](int64_t o, int64_t first, int64_t rows, int64_t j, int64_t width, T* to) {
          columns(rows, width, a.inner, x + (o * a.n + first) * a.inner + j, to, false);
        },
        y);
  }
  if (a.scale != 1)
    for (int64_t i = 0; i < a.outer * a.inner; i++) y[i] *= T(a.scale);
}

// Integers reduce exactly in any order; sums and products are int64.
template <class T>
void reduce_integer(const Call& call, const ReduceAttrs& a) {
  const T* x = call.arg<const T>(0);
  const auto run = [&](auto* y) {
    using Y = std::remove_pointer_t<decltype(y)>;
    for_lanes(a, call.cost, [&](int64_t lane, int64_t start) {
      const T* from = x + start;
      Y s = a.op == Reduction::sum    ? Y(0)
            : a.op == Reduction::prod ? Y(1)
            : a.n > 0                 ? Y(from[0])
                                      : Y(a.op == Reduction::min);  // of bool: all, any of nothing
      in_blocks(a.n, block, [&](int64_t first, int64_t last) {
        for (int64_t r = first; r < last; r++) s = Y(join<Y>(a.op, s, Y(from[r * a.inner])));
      });
      y[lane] = s;
    });
  };
  if (a.op == Reduction::sum || a.op == Reduction::prod)
    run(call.arg<int64_t>(1));
  else
    run(call.arg<T>(1));
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

void reduce(const Call& call) {
  const auto& a = call.attrs<ReduceAttrs>();
  visit(call.args[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    if constexpr (std::is_floating_point_v<T>)
      reduce_float<T>(call, a);
    else
      reduce_integer<T>(call, a);
  });
}

namespace {

// Of contiguous rows: the extreme of each chunk by the level's kernel, then its first place in the first
// piece of the first chunk that has it.
template <class T>
void arg_reduce_rows(const ReduceAttrs& a, int64_t cost, const T* x, int64_t* y) {
  const auto chunk = kernels<T>().reduce.chunk[int(a.op)];
  const int64_t chunks = (a.n + row_chunk - 1) / row_chunk;
  const Scratch<T> parts(a.outer * chunks);
  parallel_for(a.outer * chunks, cost / 8, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) {
      const int64_t start = i % chunks * row_chunk;
      parts.data()[i] = chunk(std::min(row_chunk, a.n - start), x + i / chunks * a.n + start);
    }
  });
  const auto find = [&](int64_t o) {
    const T* part = parts.data() + o * chunks;
    T best = part[0];
    int64_t found = 0;
    for (int64_t c = 1; c < chunks && best == best; c++)
      if (part[c] != part[c] || (a.op == Reduction::max ? part[c] > best : part[c] < best))
        best = part[c], found = c;
    const T* from = x + o * a.n;
    int64_t at = found * row_chunk;
    constexpr int64_t piece = 128;
    for (T here; at + piece < a.n; at += piece)
      if (here = chunk(piece, from + at); here == best || here != here) break;
    while (at + 1 < a.n && from[at] != best && from[at] == from[at]) at++;  // x may change meanwhile
    y[o] = at;
  };
  parallel_for(a.outer, cost / 8, [&](int64_t begin, int64_t end) {
    for (int64_t o = begin; o < end; o++) find(o);
  });
}

}  // namespace

// The first index of the largest (or smallest) element; NaN counts as the most extreme.
void arg_reduce(const Call& call) {
  const auto& a = call.attrs<ReduceAttrs>();
  visit(call.args[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    const T* x = call.arg<const T>(0);
    int64_t* y = call.arg<int64_t>(1);
    const bool largest = a.op == Reduction::max;
    if (a.inner == 0) return;
    if constexpr (std::is_floating_point_v<T>)
      if (a.inner == 1 && a.n >= 64) return arg_reduce_rows(a, call.cost, x, y);
    for_lanes(a, call.cost, [&](int64_t lane, int64_t start) {
      const T* from = x + start;
      T best = from[0];
      int64_t at = 0;
      in_blocks(a.n, block, [&](int64_t first, int64_t last) {
        for (int64_t r = first; r < last && best == best; r++) {
          const T v = from[r * a.inner];
          if ((largest ? v > best : v < best) || v != v) best = v, at = r;
        }
      });
      y[lane] = at;
    });
  });
}

}  // namespace nncore::cpu
