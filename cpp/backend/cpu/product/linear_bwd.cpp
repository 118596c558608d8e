// The backward of a linear layer in one call: dz = activation'(z) dy block by block, and, while a block is in
// the cache, its column sums (db) and both products (dx = dz w, dw = dz^T x).
#include <algorithm>

#include "../../../core/parallel.h"
#include "../../kernels/product.h"
#include "../../kernels/reduce.h"
#include "../../order.h"
#include "../dispatch.h"
#include "../reduction/reduce.h"
#include "../scratch.h"
#include "product.h"

namespace nncore::cpu {
namespace {

template <class T>
struct LinearBackward {
  int64_t m, n, k;
  int activation;  // -1: dz is dy
  const T *z, *y, *dy, *x, *w;
  T *dx, *dw, *db;  // any may be null

  bool derives() const { return activation >= 0; }

  // Computes dz of some rows and columns, and adds it to the sums for db. part: the sum of the current chunk
  // of rows; total: the sum of all chunks so far.
  void derive(Span rows, Span columns, T* dz, T* part, double* total) const {
    const int64_t width = columns.size(),
                  step = std::clamp<int64_t>(hot_bytes / int64_t(sizeof(T)) / width, 1, 32),
                  chain = chain_rows(m);
    for (int64_t r = rows.begin, count; r < rows.end; r += count) {
      if (r % chain == 0 && interrupted()) return;
      count = std::min({step, rows.end - r, chain - r % chain});
      const int64_t at = r * n + columns.begin;
      T* const to = dz + (r - rows.begin) * n + columns.begin;
      if (derives()) {
        const auto bwd = kernels<T>().elementwise.unary_bwd[activation];
        const bool dense = width == n;  // the rows are contiguous
        for (int64_t i = 0; i < (dense ? 1 : count); i++)
          bwd(dense ? count * n : width, z + at + i * n, y + at + i * n, dy + at + i * n, to + i * n,
              nullptr);
      }
      if (!db) continue;
      kernels<T>().reduce.columns[int(Reduction::sum)](count, width, n, derives() ? to : dy + at, part,
                                                       r % chain != 0);
      const bool last = r + count == m;
      if (!last && (r + count) % chain != 0) continue;
      for (int64_t j = 0; j < width; j++) {
        total[j] = r < chain ? double(part[j]) : total[j] + double(part[j]);
        if (last) db[columns.begin + j] = T(total[j]);
      }
    }
  }

  // Computes some rows of dx.
  void multiply_dx(Span rows, const T* dz) const {
    if (!dx) return;
    multiply(Product<T>{
        .m = rows.size(), .n = k, .k = n, .a = {dz, n}, .b = {w, k}, .c = {dx + rows.begin * k, k}});
  }

  // Adds the products of some rows of dz to some rows of dw, which correspond to columns of dz.
  void multiply_dw(Span rows, Span columns, const T* dz) const {
    if (!dw) return;
    multiply(Product<T>{.m = columns.size(),
                        .n = k,
                        .k = rows.size(),
                        .a = {dz + columns.begin, 1, n},
                        .b = {x + rows.begin * k, k},
                        .c = {dw + columns.begin * k, k},
                        .accumulate = rows.begin > 0});
  }

  // On one thread, by blocks of rows, so that dz stays in the second-level cache. The chains of dw continue
  // from block to block, unless m is so long that the rule for k cuts them elsewhere.
  void run_alone() const {
    const FlushSubnormals mode;
    const bool whole_dw = m > long_chain;
    const int64_t blocks = derives() ? ceil_div(m, 256) : 1;
    const int64_t rows = part(m, blocks, 0, 32).size();
    const Scratch<T> dz(derives() ? (whole_dw ? m : rows) * n : 0), sums(db ? n : 0);
    const Scratch<double> totals(db ? n : 0);
    for (int64_t b = 0; b < blocks && (b == 0 || !interrupted()); b++) {
      const Span block = part(m, blocks, b, 32);
      T* const to = dz.data() + (whole_dw ? block.begin * n : 0);
      derive(block, {0, n}, to, sums.data(), totals.data());
      const T* const from = derives() ? to : dy + block.begin * n;
      multiply_dx(block, from);
      if (!whole_dw) multiply_dw(block, {0, n}, from);
    }
    if (whole_dw) multiply_dw({0, m}, {0, n}, derives() ? dz.data() : dy);
  }

  // On several threads: each thread computes columns of dz and then the rows of dw that depend on them. In
  // forward and in the optimizer the same thread processes these rows of the weight. Only dx needs all of dz.
  void run_together() const {
    const Scratch<T> dz(derives() ? m * n : 0), sums(db ? n : 0);
    const Scratch<double> totals(db ? n : 0);
    const T* const from = derives() ? dz.data() : dy;
    const int64_t cost = m * n / 2 + (dw ? product_cost(n, k, m, sizeof(T)) : 0), threads = team_size(cost);
    const int64_t parts = threads * std::clamp<int64_t>(cost / threads / 500'000, 1, 4);
    const bool whole_rows = dw && n >= 32 * parts;
    const int64_t units = whole_rows ? parts : ceil_div(n, 64);
    if (derives() || db || whole_rows)
      parallel_for(units, whole_rows ? cost : m * n / 2, [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; i++) {
          const Span rows = part(n, units, i, 32);
          if (derives() || db)
            derive({0, m}, rows, dz.data(), sums.data() + rows.begin, totals.data() + rows.begin);
          if (whole_rows) multiply_dw({0, m}, rows, from);
        }
      });
    multiply_dx({0, m}, from);
    if (!whole_rows) multiply_dw({0, m}, {0, n}, from);
  }

  static constexpr int64_t hot_bytes = 16 << 10;
};

}  // namespace

void run(const LinearBwd& l) {
  visit_float(l.dy.dtype, [&](auto zero) {
    using T = decltype(zero);
    const T *z = l.z.as<T>(), *y = l.y.as<T>();
    const LinearBackward<T> b = {
        l.m,          l.n,         l.k,         l.activation, z ? z : y,    y,
        l.dy.as<T>(), l.x.as<T>(), l.w.as<T>(), l.dx.as<T>(), l.dw.as<T>(), l.db.as<T>()};
    if (l.m == 0 || l.n == 0) {  // empty sums
      if (b.db) std::fill_n(b.db, l.n, T(0));
      b.multiply_dx({0, l.m}, b.dy);
      return b.multiply_dw({0, l.m}, {0, l.n}, b.dy);
    }
    if (team_size(l.cost()) == 1) return b.run_alone();
    b.run_together();
  });
}

}  // namespace nncore::cpu
