// Folds: sums of a term of each element along one axis of (outer, n, inner).
#include "../../kernels/fold.h"

#include <algorithm>
#include <limits>

#include "../../kernels/elementwise.h"
#include "../dispatch.h"
#include "../scratch.h"
#include "reduce_walk.h"

namespace nncore {
#include "../../elementwise_list.h"
}

namespace nncore::cpu {

namespace {

// y = end(scale * y); sum: a copy of y before the logarithm
template <class T>
void finish(const FoldFwd& k, const T* m, T* y, T* sum) {
  const int64_t count = k.outer * k.inner;
  const auto& table = kernels<T>().elementwise;
  const auto apply = [&](int op, T scalar) {
    const T scalars[max_scalars] = {scalar, T(0)};
    table.unary_fwd[op](count, y, y, scalars);
  };
  if (k.scale != 1) apply(UnaryOps::index_of<formulas::MulScalar>, T(k.scale));
  if (k.end == FoldEnd::sqrt) apply(UnaryOps::index_of<formulas::Sqrt>, T(0));
  if (k.end == FoldEnd::root) apply(UnaryOps::index_of<formulas::PowScalar>, T(1 / k.power));
  if (k.end == FoldEnd::log_plus) {
    std::copy_n(y, count, sum);
    apply(UnaryOps::index_of<formulas::Log>, T(0));
    for (int64_t i = 0; i < count; i++)
      y[i] = m[i] - m[i] == T(0) ? m[i] + y[i] : m[i];  // m for +-inf and NaN
  }
}

// c = dy times the derivative of the fold's end and the constant factor of the term's derivative
template <class T>
void coefficients(const FoldBwd& k, const T* m, const T* y, const T* dy, T* c) {
  const int64_t count = k.outer * k.inner;
  const bool squares = k.term == Fold::deviation || k.term == Fold::square;
  const T factor = T(k.scale * (squares && k.end == FoldEnd::none ? 2 : 1));
  if (k.end == FoldEnd::log_plus) {  // if all x are -inf, the gradient is 0
    for (int64_t i = 0; i < count; i++)
      c[i] = m[i] == -std::numeric_limits<T>::infinity() ? T(0) : dy[i] / y[i];
  } else if (k.end == FoldEnd::root) {
    const T scalars[max_scalars] = {T(1 - k.power), T(0)};
    kernels<T>().elementwise.unary_fwd[UnaryOps::index_of<formulas::PowScalar>](count, y, c, scalars);
    for (int64_t i = 0; i < count; i++) c[i] = y[i] == T(0) ? T(0) : dy[i] * c[i];
  } else if (k.end == FoldEnd::sqrt) {
    for (int64_t i = 0; i < count; i++) c[i] = y[i] == T(0) ? T(0) : factor * dy[i] / y[i];
  } else {
    for (int64_t i = 0; i < count; i++) c[i] = factor * dy[i];
  }
}

// The mean of n numbers, and the sum of squares of their deviations from it.
struct Moments {
  double n, mean, squares;
};

// The moments of the union (Chan, Golub and LeVeque 1979).
Moments merged(const Moments& a, const Moments& b) {
  const double n = a.n + b.n, apart = b.mean - a.mean;
  return {n, a.mean + apart * (b.n / n), a.squares + b.squares + apart * apart * (a.n * b.n / n)};
}

// Splits a mean into the nearest number and the rounding error.
template <class T>
void split(double exact, T* mean, T* rest) {
  *mean = T(exact);
  *rest = T(exact - double(*mean));
}

// Means and sums of squared deviations of rows in one pass over memory: a chunk is still in the first-level
// cache when its mean is computed. Chunks merge pairwise.
template <class T>
void row_moments(const FoldFwd& k, T* mean, T* rest) {
  const T* const x = k.x.as<T>();
  const auto sum = kernels<T>().reduce.chunk[int(Reduction::sum)];
  const auto spread = kernels<T>().norm.spread;
  const int64_t chunks = std::max<int64_t>(1, (k.n + row_chunk - 1) / row_chunk);
  std::vector<Moments> parts(k.outer * chunks);
  parallel_for(k.outer * chunks, k.cost(), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) {
      const int64_t start = i % chunks * row_chunk, n = std::min(row_chunk, k.n - start);
      const T *const from = x + i / chunks * k.n + start, m = sum(n, from) / T(n);
      T both[2];
      spread(n, from, m, both);
      const double apart = double(both[0]) / double(n);
      parts[i] = {double(n), double(m) + apart, std::max(double(both[1]) - double(both[0]) * apart, 0.0)};
    }
  });
  for (int64_t r = 0; r < k.outer; r++) {
    const Moments all = join_pairwise(&parts[r * chunks], chunks, merged);
    split(all.mean, mean + r, rest + r);
    k.y.as<T>()[r] = T(all.squares);
  }
}

// The same for columns: the mean of the deviations from an approximate mean corrects it.
template <class T>
void column_moments(const FoldFwd& k, T* mean, T* rest) {
  const T* const x = k.x.as<T>();
  T* const y = k.y.as<T>();
  const auto down = [&](auto columns, T* to) {
    reduce_middle<T>(
        Reduction::sum, k.outer, k.n, k.inner, k.cost(),
        [&](int64_t o, int64_t first, int64_t rows, int64_t j, int64_t width, T* part) {
          columns(rows, width, x + (o * k.n + first) * k.inner + j, mean + o * k.inner + j, part);
        },
        to);
  };
  down([&](int64_t rows, int64_t width, const T* from, const T* m,
           T* to) { kernels<T>().norm.dot_columns(rows, width, k.inner, from, m, nullptr, to); },
       rest);
  for (int64_t i = 0; i < k.outer * k.inner; i++)
    split(double(mean[i]) + double(rest[i]) / double(k.n), mean + i, rest + i);
  down(
      [&](int64_t rows, int64_t width, const T* from, const T* m, T* to) {
        kernels<T>().fold.columns[int(Fold::deviation)](rows, width, k.inner, from, m, T(0), to);
      },
      y);
  for (int64_t i = 0; i < k.outer * k.inner; i++)
    y[i] = T(std::max(double(y[i]) - double(k.n) * double(rest[i]) * double(rest[i]), 0.0));
}

}  // namespace

void run(const FoldFwd& k) {
  visit_float(k.x.dtype, [&](auto zero) {
    using T = decltype(zero);
    const T *x = k.x.as<T>(), *m = k.m.as<T>();
    T* y = k.y.as<T>();
    const auto& table = kernels<T>().fold;
    const T power = T(k.power);
    if (k.term == Fold::deviation) {
      T *const mean = k.m.as<T>(), *const rest = mean + k.outer * k.inner;
      (k.inner == 1 ? row_moments<T> : column_moments<T>)(k, mean, rest);
    } else if (k.inner == 1) {
      const auto chunk = table.chunk[int(k.term)];
      reduce_rows<T>(
          Reduction::sum, k.outer, k.n, k.cost(),
          [&](int64_t r, int64_t i, int64_t n) { return chunk(n, x + r * k.n + i, m ? m[r] : T(0), power); },
          y);
    } else {
      const auto columns = table.columns[int(k.term)];
      reduce_middle<T>(
          Reduction::sum, k.outer, k.n, k.inner, k.cost(),
          [&](int64_t o, int64_t first, int64_t rows, int64_t j, int64_t width, T* to) {
            const T* from = x + (o * k.n + first) * k.inner + j;
            columns(rows, width, k.inner, from, m ? m + o * k.inner + j : to, power, to);
          },
          y);
    }
    finish(k, m, y, k.sum.as<T>());
  });
}

void run(const FoldBwd& k) {
  visit_float(k.x.dtype, [&](auto zero) {
    using T = decltype(zero);
    const T* x = k.x.as<T>();
    T* dx = k.dx.as<T>();
    const Scratch<T> c(k.outer * k.inner);
    const T* const given = k.m.as<T>();
    coefficients(k, given, k.y.as<T>(), k.dy.as<T>(), c.data());
    const T *const m = given ? given : c.data(),  // not used, but must be readable
        *const rest = k.term == Fold::deviation ? m + k.outer * k.inner : m;
    const auto& table = kernels<T>().fold;
    const T power = T(k.power);
    if (k.inner == 1 && k.outer == 1) {
      parallel_for(k.n, k.cost(), [&](int64_t begin, int64_t end) {
        table.row_bwd[int(k.term)](end - begin, x + begin, m, rest, c.data(), power, dx + begin);
      });
    } else if (k.inner == 1) {
      parallel_for(k.outer, k.cost(), [&](int64_t begin, int64_t end) {
        for (int64_t o = begin; o < end; o++)
          table.row_bwd[int(k.term)](k.n, x + o * k.n, m + o, rest + o, c.data() + o, power, dx + o * k.n);
      });
    } else {
      parallel_for(k.outer * k.n, k.cost(), [&](int64_t begin, int64_t end) {
        for (int64_t r = begin; r < end; r++) {
          const int64_t o = r / k.n * k.inner, at = r * k.inner;
          table.column_bwd[int(k.term)](k.inner, x + at, m + o, rest + o, c.data() + o, power, dx + at);
        }
      });
    }
  });
}

}  // namespace nncore::cpu
