// Running sums and products along an axis, and what products pass back. Each lane is one chain; threads share
// the lanes.
#include <algorithm>

#include "../../core/parallel.h"
#include "kernels.h"

namespace nncore::cpu {

namespace {

// row(at, from) for every step of every strip of lanes: `at` the offset of the step's row, `from` that of the
// step before, -1 at the first; rows are `width` elements.
template <class Row>
void for_steps(int64_t outer, int64_t n, int64_t inner, bool reverse, int64_t cost, Row row) {
  constexpr int64_t strip = 512;
  const int64_t strips = (inner + strip - 1) / strip;
  parallel_for(outer * strips, cost, [&](int64_t begin, int64_t end) {
    for (int64_t s = begin; s < end; s++) {
      const int64_t i = s % strips * strip, start = s / strips * n * inner + i,
                    width = std::min(strip, inner - i);
      int64_t before = -1;
      for (int64_t r = 0; r < n; r++) {
        const int64_t at = start + (reverse ? n - 1 - r : r) * inner;
        row(at, before, width);
        before = at;
      }
    }
  });
}

}  // namespace

// args: x, y
void scan(const Call& call) {
  const auto& a = call.attrs<ScanAttrs>();
  visit(call.args[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    const T* x = call.arg<const T>(0);
    T* y = call.arg<T>(1);
    for_steps(a.outer, a.n, a.inner, a.reverse, call.cost, [&](int64_t at, int64_t before, int64_t width) {
      if (before < 0)
        std::copy_n(x + at, width, y + at);
      else if (a.op == Reduction::sum)
        for (int64_t i = 0; i < width; i++) y[at + i] = T(y[before + i] + x[at + i]);
      else
        for (int64_t i = 0; i < width; i++) y[at + i] = T(y[before + i] * x[at + i]);
    });
  });
}

// With P_r the product of all before r:  dx_r = P_r s_r,  s_r = dy_r + x_(r+1) s_(r+1). Right with zeros in
// x. args: x, y, dy, dx
void cumprod_bwd(const Call& call) {
  const auto& a = call.attrs<ScanAttrs>();
  visit_float(call.args[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    const T *x = call.arg<const T>(0), *y = call.arg<const T>(1), *dy = call.arg<const T>(2);
    T* dx = call.arg<T>(3);
    for_steps(a.outer, a.n, a.inner, true, call.cost, [&](int64_t at, int64_t before, int64_t width) {
      for (int64_t i = 0; i < width; i++)
        dx[at + i] = before < 0 ? dy[at + i] : dy[at + i] + x[before + i] * dx[before + i];
    });
    for_steps(a.outer, a.n, a.inner, false, call.cost, [&](int64_t at, int64_t before, int64_t width) {
      for (int64_t i = 0; before >= 0 && i < width; i++) dx[at + i] *= y[before + i];
    });
  });
}

// dx_r = dy (product of all before r) (product of all after r); args: x, dy (outer, inner), dx
void prod_bwd(const Call& call) {
  const auto& a = call.attrs<ScanAttrs>();
  visit_float(call.args[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    const T *x = call.arg<const T>(0), *dy = call.arg<const T>(1);
    T* dx = call.arg<T>(2);
    parallel_for(a.outer * a.inner, call.cost, [&](int64_t begin, int64_t end) {
      for (int64_t lane = begin; lane < end; lane++) {
        const int64_t start = lane / a.inner * a.n * a.inner + lane % a.inner;
        T product = dy[lane];
        for (int64_t r = 0, at = start; r < a.n; r++, at += a.inner) {
          dx[at] = product;
          product *= x[at];
        }
        product = T(1);
        for (int64_t r = a.n - 1, at = start + r * a.inner; r >= 0; r--, at -= a.inner) {
          dx[at] *= product;
          product *= x[at];
        }
      }
    });
  });
}

}  // namespace nncore::cpu
