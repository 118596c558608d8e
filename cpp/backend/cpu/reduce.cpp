// Reductions over one axis of (outer, n, inner). How a sum is cut depends on its length alone, never on
// threads: rows in chunks whose results join pairwise, columns in chunks of rows whose results join in order.
#include <algorithm>
#include <limits>
#include <vector>

#include "../../core/parallel.h"
#include "dispatch.h"
#include "kernels.h"
#include "reduce.h"

namespace nncore::cpu {

namespace {

constexpr int64_t row_chunk = 4096;  // elements of a contiguous row

template <class T>
T join(Reduction op, T a, T b) {
  switch (op) {
    case Reduction::sum:
      return a + b;
    case Reduction::prod:
      return T(a * b);
    case Reduction::max:
      return b > a || b != b ? b : a;
    default:
      return b < a || b != b ? b : a;
  }
}

// Joins n partial results in place: neighbours, then neighbours of those.
template <class T>
T join_pairwise(Reduction op, T* part, int64_t n) {
  for (; n > 1; n = (n + 1) / 2) {
    for (int64_t i = 0; i < n / 2; i++) part[i] = join(op, part[2 * i], part[2 * i + 1]);
    if (n % 2) part[n / 2] = part[n - 1];
  }
  return part[0];
}

int64_t row_chunks(int64_t n) { return std::max<int64_t>(1, (n + row_chunk - 1) / row_chunk); }

// results[r] = reduction of row r; chunk(row, begin, size) reduces a part of it.
template <class T, class Chunk>
void reduce_rows(Reduction op, int64_t rows, int64_t n, int64_t cost, Chunk chunk, T* results) {
  const int64_t chunks = row_chunks(n);
  if (chunks == 1) {
    parallel_for(rows, cost, [&](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; r++) results[r] = chunk(r, 0, n);
    });
    return;
  }
  std::vector<T> parts(rows * chunks);
  parallel_for(rows * chunks, cost, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) {
      const int64_t start = i % chunks * row_chunk;
      parts[i] = chunk(i / chunks, start, std::min(row_chunk, n - start));
    }
  });
  for (int64_t r = 0; r < rows; r++) results[r] = join_pairwise(op, &parts[r * chunks], chunks);
}

// y[0 .. width) = reduction of n rows of `width` elements, `ld` apart.
template <class T>
void reduce_strip(Reduction op, int64_t n, int64_t width, int64_t ld, const T* x, T* y) {
  const auto columns = kernels<T>().reduce.columns[int(op)];
  columns(std::min(column_chunk, n), width, ld, x, y, false);
  if (n <= column_chunk) return;
  std::vector<T> part(width);
  for (int64_t r = column_chunk; r < n; r += column_chunk) {
    columns(std::min(column_chunk, n - r), width, ld, x + r * ld, part.data(), false);
    for (int64_t c = 0; c < width; c++) y[c] = join(op, y[c], part[c]);
  }
}

// y (outer, inner) = reduction of x (outer, n, inner) over the middle axis.
template <class T>
void reduce_middle(Reduction op, int64_t outer, int64_t n, int64_t inner, int64_t cost, const T* x, T* y) {
  constexpr int64_t strip = 256;
  const int64_t strips = (inner + strip - 1) / strip;
  parallel_for(outer * strips, cost, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) {
      const int64_t o = i / strips, j = i % strips * strip, width = std::min(strip, inner - j);
      reduce_strip(op, n, width, inner, x + o * n * inner + j, y + o * inner + j);
    }
  });
}

template <class T>
void reduce_float(const Call& call, const ReduceAttrs& a) {
  const T* x = call.arg<const T>(0);
  T* y = call.arg<T>(1);
  if (a.inner == 1) {
    const auto chunk = kernels<T>().reduce.chunk[int(a.op)];
    reduce_rows<T>(
        a.op, a.outer, a.n, call.cost,
        [&](int64_t r, int64_t i, int64_t m) { return chunk(m, x + r * a.n + i); }, y);
  } else {
    reduce_middle(a.op, a.outer, a.n, a.inner, call.cost, x, y);
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
    parallel_for(a.outer, call.cost, [&](int64_t begin, int64_t end) {
      for (int64_t o = begin; o < end; o++)
        for (int64_t i = 0; i < a.inner; i++) {
          const T* from = x + o * a.n * a.inner + i;
          Y s = a.op == Reduction::sum ? Y(0) : a.op == Reduction::prod ? Y(1) : Y(from[0]);
          for (int64_t r = 0; r < a.n; r++) s = Y(join<Y>(a.op, s, Y(from[r * a.inner])));
          y[o * a.inner + i] = s;
        }
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

// The first index of the largest (or smallest) element; NaN counts as the most extreme.
void arg_reduce(const Call& call) {
  const auto& a = call.attrs<ReduceAttrs>();
  visit(call.args[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    const T* x = call.arg<const T>(0);
    int64_t* y = call.arg<int64_t>(1);
    const bool largest = a.op == Reduction::max;
    parallel_for(a.outer, call.cost, [&](int64_t begin, int64_t end) {
      for (int64_t o = begin; o < end; o++)
        for (int64_t i = 0; i < a.inner; i++) {
          const T* from = x + o * a.n * a.inner + i;
          T best = from[0];
          int64_t at = 0;
          for (int64_t r = 1; r < a.n && best == best; r++) {
            const T v = from[r * a.inner];
            if ((largest ? v > best : v < best) || v != v) best = v, at = r;
          }
          y[o * a.inner + i] = at;
        }
    });
  });
}

// loss = scale * sum (a - b)^2; args: a, b, loss
void squared_error_fwd(const Call& call) {
  const auto& a = call.attrs<SquaredErrorAttrs>();
  visit_float(call.args[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    const T *x = call.arg<const T>(0), *t = call.arg<const T>(1);
    T* y = call.arg<T>(2);
    const auto chunk = kernels<T>().reduce.squared_difference;
    reduce_rows<T>(
        Reduction::sum, 1, a.n, call.cost,
        [&](int64_t, int64_t i, int64_t m) { return chunk(m, x + i, t + i); }, y);
    *y *= T(a.scale);
  });
}

// dx = 2 scale dy (a - b); args: a, b, dy, dx
void squared_error_bwd(const Call& call) {
  const auto& a = call.attrs<SquaredErrorAttrs>();
  visit_float(call.args[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    const T *x = call.arg<const T>(0), *t = call.arg<const T>(1);
    const T scale = T(2 * a.scale) * *call.arg<const T>(2);
    T* dx = call.arg<T>(3);
    const auto kernel = kernels<T>().loss.scaled_difference;
    parallel_for(a.n, call.cost, [&](int64_t begin, int64_t end) {
      kernel(end - begin, x + begin, t + begin, scale, dx + begin);
    });
  });
}

}  // namespace nncore::cpu
