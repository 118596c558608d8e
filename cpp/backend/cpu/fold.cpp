// Folds: sums of a term of each element, along one axis of (outer, n, inner).
#include <algorithm>
#include <limits>

#include "dispatch.h"
#include "kernels.h"
#include "reduce_walk.h"
#include "scratch.h"

namespace nncore {
#include "../../ops/elementwise_list.h"
}

namespace nncore::cpu {

namespace {

// y = end(scale * y), m beside it; sum: a copy of y before its logarithm
template <class T>
void finish(const FoldAttrs& a, const T* m, T* y, T* sum) {
  const int64_t count = a.outer * a.inner;
  const auto& table = kernels<T>().elementwise;
  const auto apply = [&](int op, T scalar) {
    const T scalars[max_scalars] = {scalar, T(0)};
    table.unary_fwd[op](count, y, y, scalars);
  };
  if (a.scale != 1) apply(UnaryOps::index_of<formulas::MulScalar>, T(a.scale));
  if (a.end == FoldEnd::sqrt) apply(UnaryOps::index_of<formulas::Sqrt>, T(0));
  if (a.end == FoldEnd::root) apply(UnaryOps::index_of<formulas::PowScalar>, T(1 / a.power));
  if (a.end == FoldEnd::log_plus) {
    std::copy_n(y, count, sum);
    apply(UnaryOps::index_of<formulas::Log>, T(0));
    for (int64_t i = 0; i < count; i++)
      y[i] = m[i] - m[i] == T(0) ? m[i] + y[i] : m[i];  // +-inf, NaN: m itself
  }
}

// dy through the end of the fold and the constant factor of the term's derivative
template <class T>
void coefficients(const FoldAttrs& a, const T* m, const T* y, const T* dy, T* c) {
  const int64_t count = a.outer * a.inner;
  const bool squares = a.term == Fold::deviation || a.term == Fold::square;
  const T factor = T(a.scale * (squares && a.end == FoldEnd::none ? 2 : 1));
  if (a.end == FoldEnd::log_plus) {  // a sum of nothing but e^-inf passes 0
    for (int64_t i = 0; i < count; i++)
      c[i] = m[i] == -std::numeric_limits<T>::infinity() ? T(0) : dy[i] / y[i];
  } else if (a.end == FoldEnd::root) {
    const T scalars[max_scalars] = {T(1 - a.power), T(0)};
    kernels<T>().elementwise.unary_fwd[UnaryOps::index_of<formulas::PowScalar>](count, y, c, scalars);
    for (int64_t i = 0; i < count; i++) c[i] = y[i] == T(0) ? T(0) : dy[i] * c[i];
  } else if (a.end == FoldEnd::sqrt) {
    for (int64_t i = 0; i < count; i++) c[i] = y[i] == T(0) ? T(0) : factor * dy[i] / y[i];
  } else {
    for (int64_t i = 0; i < count; i++) c[i] = factor * dy[i];
  }
}

// n numbers: their mean, and the sum of the squares of their deviations from it
struct Moments {
  double n, mean, squares;
};

// Of two parts together (Chan, Golub and LeVeque 1979).
Moments merged(const Moments& a, const Moments& b) {
  const double n = a.n + b.n, apart = b.mean - a.mean;
  return {n, a.mean + apart * (b.n / n), a.squares + b.squares + apart * apart * (a.n * b.n / n)};
}

// A mean as the number nearest to it and what that one lacks.
template <class T>
void split(double exact, T* mean, T* rest) {
  *mean = T(exact);
  *rest = T(exact - double(*mean));
}

// Means and sums of squared deviations of rows in one pass: each chunk is still in the first cache when its
// mean is known. Chunks merge pairwise.
template <class T>
void row_moments(const FoldAttrs& a, int64_t cost, const T* x, T* mean, T* rest, T* y) {
  const auto sum = kernels<T>().reduce.chunk[int(Reduction::sum)];
  const auto spread = kernels<T>().norm.spread;
  const int64_t chunks = std::max<int64_t>(1, (a.n + row_chunk - 1) / row_chunk);
  std::vector<Moments> parts(a.outer * chunks);
  parallel_for(a.outer * chunks, cost, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) {
      const int64_t start = i % chunks * row_chunk, n = std::min(row_chunk, a.n - start);
      const T *const from = x + i / chunks * a.n + start, m = sum(n, from) / T(n);
      T both[2];
      spread(n, from, m, both);
      const double apart = double(both[0]) / double(n);
      parts[i] = {double(n), double(m) + apart, std::max(double(both[1]) - double(both[0]) * apart, 0.0)};
    }
  });
  for (int64_t r = 0; r < a.outer; r++) {
    const Moments all = join_pairwise(&parts[r * chunks], chunks, merged);
    split(all.mean, mean + r, rest + r);
    y[r] = T(all.squares);
  }
}

// Of columns: the mean of the deviations makes good what a mean near x lacks.
template <class T>
void column_moments(const FoldAttrs& a, int64_t cost, const T* x, T* mean, T* rest, T* y) {
  const auto down = [&](auto columns, T* to) {
    reduce_middle<T>(
        Reduction::sum, a.outer, a.n, a.inner, cost,
        [&](int64_t o, int64_t first, int64_t rows, int64_t j, int64_t width, T* part) {
          columns(rows, width, x + (o * a.n + first) * a.inner + j, mean + o * a.inner + j, part);
        },
        to);
  };
  down([&](int64_t rows, int64_t width, const T* from, const T* m,
           T* to) { kernels<T>().norm.dot_columns(rows, width, a.inner, from, m, nullptr, to); },
       rest);
  for (int64_t i = 0; i < a.outer * a.inner; i++)
    split(double(mean[i]) + double(rest[i]) / double(a.n), mean + i, rest + i);
  down(
      [&](int64_t rows, int64_t width, const T* from, const T* m, T* to) {
        kernels<T>().fold.columns[int(Fold::deviation)](rows, width, a.inner, from, m, T(0), to);
      },
      y);
  for (int64_t i = 0; i < a.outer * a.inner; i++)
    y[i] = T(std::max(double(y[i]) - double(a.n) * double(rest[i]) * double(rest[i]), 0.0));
}

}  // namespace

// args: x, m (outer, inner) or none, of deviations (2, outer, inner): the mean, which of columns is given as
// far as a sum finds it, and what it lacks; y (outer, inner); sum (outer, inner): of the exponentials, or
// none
void fold_fwd(const Call& call) {
  const auto& a = call.attrs<FoldAttrs>();
  visit_float(call.args[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    const T *x = call.arg<const T>(0), *m = call.arg<const T>(1);
    T* y = call.arg<T>(2);
    const auto& table = kernels<T>().fold;
    const T power = T(a.power);
    if (a.term == Fold::deviation) {
      T *const mean = call.arg<T>(1), *const rest = mean + a.outer * a.inner;
      (a.makes_mean() ? row_moments<T> : column_moments<T>)(a, call.cost, x, mean, rest, y);
    } else if (a.inner == 1) {
      const auto chunk = table.chunk[int(a.term)];
      reduce_rows<T>(
          Reduction::sum, a.outer, a.n, call.cost,
          [&](int64_t r, int64_t i, int64_t k) { return chunk(k, x + r * a.n + i, m ? m[r] : T(0), power); },
          y);
    } else {
      const auto columns = table.columns[int(a.term)];
      reduce_middle<T>(
          Reduction::sum, a.outer, a.n, a.inner, call.cost,
          [&](int64_t o, int64_t first, int64_t rows, int64_t j, int64_t width, T* to) {
            const T* from = x + (o * a.n + first) * a.inner + j;
            columns(rows, width, a.inner, from, m ? m + o * a.inner + j : to, power, to);
          },
          y);
    }
    finish(a, m, y, call.arg<T>(3));
  });
}

// dx = c term'(x), where c passes dy through the end of the fold; 0 where y is a root of 0. args: x, m or
// none, y (of exponentials their sum), dy, dx
void fold_bwd(const Call& call) {
  const auto& a = call.attrs<FoldAttrs>();
  visit_float(call.args[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    const T *x = call.arg<const T>(0), *y = call.arg<const T>(2), *dy = call.arg<const T>(3);
    T* dx = call.arg<T>(4);
    const Scratch<T> c(a.outer * a.inner);
    const T* const given = call.arg<const T>(1);
    coefficients(a, given, y, dy, c.data());
    const T *const m = given ? given : c.data(),  // what is not read may be anything readable
        *const rest = a.term == Fold::deviation ? m + a.outer * a.inner : m;
    const auto& table = kernels<T>().fold;
    const T power = T(a.power);
    if (a.inner == 1 && a.outer == 1) {
      parallel_for(a.n, call.cost, [&](int64_t begin, int64_t end) {
        table.row_bwd[int(a.term)](end - begin, x + begin, m, rest, c.data(), power, dx + begin);
      });
    } else if (a.inner == 1) {
      parallel_for(a.outer, call.cost, [&](int64_t begin, int64_t end) {
        for (int64_t o = begin; o < end; o++)
          table.row_bwd[int(a.term)](a.n, x + o * a.n, m + o, rest + o, c.data() + o, power, dx + o * a.n);
      });
    } else {
      parallel_for(a.outer * a.n, call.cost, [&](int64_t begin, int64_t end) {
        for (int64_t r = begin; r < end; r++) {
          const int64_t o = r / a.n * a.inner, at = r * a.inner;
          table.column_bwd[int(a.term)](a.inner, x + at, m + o, rest + o, c.data() + o, power, dx + at);
        }
      });
    }
  });
}

}  // namespace nncore::cpu
