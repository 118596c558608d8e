// Running sums and products along an axis, and the gradients of products. Each lane is one chain, in double
// because its error grows with its length. Threads split the lanes.
#include "../../kernels/scan.h"

#include <algorithm>
#include <type_traits>

#include "../../../core/parallel.h"
#include "../../wrap.h"

namespace nncore::cpu {

namespace {

constexpr int64_t scan_block = 1 << 18;  // elements between checks for an interrupt

template <class T>
using Carry = std::conditional_t<std::is_floating_point_v<T>, double, T>;

// Calls row(at, from, width, carry) for every step of every strip of lanes. at: the offset of the step's row
// of `width` elements; from: that of the previous step, or -1; carry: one number per lane.
template <class T, class Row>
void for_steps(int64_t outer, int64_t n, int64_t inner, bool reverse, int64_t cost, Row row) {
  constexpr int64_t strip = 512;
  if (n == 0) return;
  const int64_t strips = (inner + strip - 1) / strip;
  parallel_for(outer * strips, cost, [&](int64_t begin, int64_t end) {
    Carry<T> carry[strip];
    for (int64_t s = begin; s < end; s++) {
      const int64_t i = s % strips * strip, start = s / strips * n * inner + i,
                    width = std::min(strip, inner - i);
      int64_t before = -1;
      in_blocks(n, scan_block / width + 1, [&](int64_t first, int64_t last) {
        for (int64_t r = first; r < last; r++) {
          const int64_t at = start + (reverse ? n - 1 - r : r) * inner;
          row(at, before, width, carry);
          before = at;
        }
      });
    }
  });
}

}  // namespace

void run(const Scan& k) {
  visit(k.x.dtype, [&](auto zero) {
    using T = decltype(zero);
    const T* x = k.x.as<T>();
    T* y = k.y.as<T>();
    using C = Carry<T>;
    for_steps<T>(k.outer, k.n, k.inner, k.reverse, k.cost(),
                 [&](int64_t at, int64_t before, int64_t width, C* carry) {
                   if (before < 0)
                     for (int64_t i = 0; i < width; i++) carry[i] = C(x[at + i]);
                   else if (k.op == Reduction::sum)
                     for (int64_t i = 0; i < width; i++) carry[i] = wrap_add(carry[i], C(x[at + i]));
                   else
                     for (int64_t i = 0; i < width; i++) carry[i] = wrap_multiply(carry[i], C(x[at + i]));
                   for (int64_t i = 0; i < width; i++) y[at + i] = T(carry[i]);
                 });
  });
}

// dx_r = P_r s_r, s_r = dy_r + x_(r+1) s_(r+1), with the product P_r of all x before r. x may contain zeros.
void run(const CumprodBwd& k) {
  visit_float(k.x.dtype, [&](auto zero) {
    using T = decltype(zero);
    const T *x = k.x.as<T>(), *y = k.y.as<T>(), *dy = k.dy.as<T>();
    T* dx = k.dx.as<T>();
    for_steps<T>(k.outer, k.n, k.inner, true, k.cost(),
                 [&](int64_t at, int64_t before, int64_t width, double* carry) {
                   for (int64_t i = 0; i < width; i++) {
                     const double d = double(dy[at + i]);
                     carry[i] = before < 0 ? d : d + double(x[before + i]) * carry[i];
                     dx[at + i] = T(carry[i]);
                   }
                 });
    for_steps<T>(k.outer, k.n, k.inner, false, k.cost(),
                 [&](int64_t at, int64_t before, int64_t width, double*) {
                   for (int64_t i = 0; before >= 0 && i < width; i++) dx[at + i] *= y[before + i];
                 });
  });
}

void run(const ProdBwd& k) {
  visit_float(k.x.dtype, [&](auto zero) {
    using T = decltype(zero);
    const T *x = k.x.as<T>(), *dy = k.dy.as<T>();
    T* dx = k.dx.as<T>();
    parallel_for(k.outer * k.inner, k.cost(), [&](int64_t begin, int64_t end) {
      for (int64_t lane = begin; lane < end; lane++) {
        const int64_t start = lane / k.inner * k.n * k.inner + lane % k.inner;
        double product = double(dy[lane]);
        in_blocks(k.n, scan_block, [&](int64_t first, int64_t last) {
          for (int64_t r = first, at = start + r * k.inner; r < last; r++, at += k.inner) {
            dx[at] = T(product);
            product *= double(x[at]);
          }
        });
        product = 1;
        in_blocks(k.n, scan_block, [&](int64_t first, int64_t last) {
          for (int64_t r = first, at = start + (k.n - 1 - r) * k.inner; r < last; r++, at -= k.inner) {
            dx[at] = T(double(dx[at]) * product);
            product *= double(x[at]);
          }
        });
      }
    });
  });
}

}  // namespace nncore::cpu
