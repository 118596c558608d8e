// Folds: sums of a term of each element, along one axis of (outer, n, inner).
#include "dispatch.h"
#include "kernels.h"
#include "reduce_walk.h"
#include "scratch.h"

namespace nncore {
#include "../../ops/elementwise_list.h"
}

namespace nncore::cpu {

namespace {

// y = end(scale * y), m beside it
template <class T>
void finish(const FoldAttrs& a, const T* m, T* y) {
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
    apply(UnaryOps::index_of<formulas::Log>, T(0));
    for (int64_t i = 0; i < count; i++)
      y[i] = m[i] - m[i] == T(0) ? m[i] + y[i] : m[i];  // +-inf, NaN: m itself
  }
}

// dy through the end of the fold and the constant factor of the term's derivative
template <class T>
void coefficients(const FoldAttrs& a, const T* y, const T* dy, T* c) {
  const int64_t count = a.outer * a.inner;
  const bool squares = a.term == Fold::deviation || a.term == Fold::square;
  const T factor = T(a.scale * (squares && a.end == FoldEnd::none ? 2 : 1));
  if (a.end == FoldEnd::root) {
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

// Means and sums of squared deviations of rows in one pass: each chunk is still in the first cache when its
// mean is known. Chunks merge pairwise.
template <class T>
void row_moments(const FoldAttrs& a, int64_t cost, const T* x, T* mean, T* y) {
  const auto sum = kernels<T>().reduce.chunk[int(Reduction::sum)];
  const auto spread = kernels<T>().fold.chunk[int(Fold::deviation)];
  const int64_t chunks = std::max<int64_t>(1, (a.n + row_chunk - 1) / row_chunk);
  std::vector<Moments> parts(a.outer * chunks);
  parallel_for(a.outer * chunks, cost, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) {
      const int64_t start = i % chunks * row_chunk, n = std::min(row_chunk, a.n - start);
      const T *const from = x + i / chunks * a.n + start, m = sum(n, from) / T(n);
      parts[i] = {double(n), double(m), double(spread(n, from, m, T(0)))};
    }
  });
  for (int64_t r = 0; r < a.outer; r++) {
    const Moments all = join_pairwise(&parts[r * chunks], chunks, merged);
    mean[r] = T(all.mean);
    y[r] = T(all.squares);
  }
}

}  // namespace

// args: x, m (outer, inner) or none (the mean of a row: out), y (outer, inner)
void fold_fwd(const Call& call) {
  const auto& a = call.attrs<FoldAttrs>();
  visit_float(call.args[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    const T *x = call.arg<const T>(0), *m = call.arg<const T>(1);
    T* y = call.arg<T>(2);
    const auto& table = kernels<T>().fold;
    const T power = T(a.power);
    if (a.makes_mean()) {
      row_moments(a, call.cost, x, call.arg<T>(1), y);
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
    finish(a, m, y);
  });
}

// dx = c term'(x), where c passes dy through the end of the fold; 0 where y is a root of 0. args: x, m or
// none, y, dy, dx
void fold_bwd(const Call& call) {
  const auto& a = call.attrs<FoldAttrs>();
  visit_float(call.args[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    const T *x = call.arg<const T>(0), *y = call.arg<const T>(2), *dy = call.arg<const T>(3);
    T* dx = call.arg<T>(4);
    const Scratch<T> c(a.outer * a.inner), shift(a.term == Fold::exp_minus ? a.outer * a.inner : 0);
    coefficients(a, y, dy, c.data());
    if (a.term == Fold::exp_minus)  // a sum of nothing but e^-inf passes 0
      for (int64_t i = 0; i < a.outer * a.inner; i++) shift.data()[i] = y[i] - y[i] == T(0) ? y[i] : T(0);
    const T* m = a.term == Fold::exp_minus ? shift.data()
                 : call.arg<const T>(1)    ? call.arg<const T>(1)
                                           : c.data();
    const auto& table = kernels<T>().fold;
    const T power = T(a.power);
    if (a.inner == 1 && a.outer == 1) {
      parallel_for(a.n, call.cost, [&](int64_t begin, int64_t end) {
        table.row_bwd[int(a.term)](end - begin, x + begin, m, c.data(), power, dx + begin);
      });
    } else if (a.inner == 1) {
      parallel_for(a.outer, call.cost, [&](int64_t begin, int64_t end) {
        for (int64_t o = begin; o < end; o++)
          table.row_bwd[int(a.term)](a.n, x + o * a.n, m + o, c.data() + o, power, dx + o * a.n);
      });
    } else {
      parallel_for(a.outer * a.n, call.cost, [&](int64_t begin, int64_t end) {
        for (int64_t r = begin; r < end; r++) {
          const int64_t o = r / a.n * a.inner, at = r * a.inner;
          table.column_bwd[int(a.term)](a.inner, x + at, m + o, c.data() + o, power, dx + at);
        }
      });
    }
  });
}

}  // namespace nncore::cpu
