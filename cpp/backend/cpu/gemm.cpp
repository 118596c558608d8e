#include "gemm.h"

#include <algorithm>

#include "../../core/parallel.h"
#include "gemm_share.h"

namespace nncore::cpu {
namespace {

template <class T>
void empty_sum(const Share<T>& s) {
  for (int64_t i = 0; i < s.m; i++)
    for (int64_t j = 0; j < s.n; j++) {
      const T sum = s.accumulate ? s.c[i * s.ldc + j] : T(0);
      s.before_activation()[i * s.ldc + j] = s.epilogue.bias ? sum + s.epilogue.bias[j] : sum;
    }
  activate(s);
}

}  // namespace

template <class T>
void run(const Share<T>& s, const GemmPlan& plan) {
  switch (plan.path) {
    case GemmPath::trivial:
      return empty_sum(s);
    case GemmPath::direct:
    case GemmPath::packed:
      return blocks(s, plan);
    case GemmPath::columns:
      return columns(s, plan);
    case GemmPath::swapped:
      return swapped(s, plan);
  }
}
template void run(const Share<float>&, const GemmPlan&);
template void run(const Share<double>&, const GemmPlan&);

namespace {

// A grid of tiles for so many threads: as square as the shape allows, whole registers of columns.
struct Grid {
  int64_t rows, columns;
};
Grid grid_for(int64_t m, int64_t n, int64_t threads, int64_t nr) {
  Grid best{1, 1};
  double best_cost = 1e300;
  for (int64_t rows = 1; rows <= threads; rows++) {
    const int64_t columns = std::min(threads / rows, ceil_div(n, nr));
    if (rows > m) break;
    const double height = double(ceil_div(m, rows)), width = double(round_up(ceil_div(n, columns), nr));
    const double cost = height * width + 8 * (height + width);
    if (cost < best_cost) best_cost = cost, best = {rows, columns};
  }
  return best;
}

template <class T>
Share<T> whole(const Gemm<T>& g) {
  return {g.m,
          g.n,
          g.k,
          g.a,
          g.trans_a ? 1 : g.lda,
          g.trans_a ? g.lda : 1,
          g.b,
          g.trans_b ? 1 : g.ldb,
          g.trans_b ? g.ldb : 1,
          g.c,
          g.ldc,
          g.accumulate,
          g.epilogue};
}

}  // namespace

template <class T>
void gemm(const Gemm<T>& g) {
  if (g.m == 0 || g.n == 0) return;
  const GemmPlan plan = plan_gemm({g.m, g.n, g.k, g.lda, g.ldb, g.trans_a, g.trans_b, int(sizeof(T))});
  const Share<T> all = whole(g);
  const int64_t cost = gemm_cost(g.m, g.n, g.k, sizeof(T)), threads = team_size(cost);
  if (threads == 1) {
    FlushSubnormals mode;
    return run(all, plan);
  }
  const int64_t unit = kernels<T>().gemm.nr;
  const Grid grid = grid_for(g.m, g.n, threads, unit);
  parallel_for(grid.rows * grid.columns, cost, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++)
      run(all.tile(part(g.m, grid.rows, i / grid.columns), part(g.n, grid.columns, i % grid.columns, unit)),
          plan);
  });
}

template <class T>
void gemm_batched(const Gemm<T>& g, const Batch& batch) {
  int64_t count = 1;
  for (int d = 0; d < batch.dims; d++) count *= batch.size[d];
  const auto one = [&](int64_t index) {
    Gemm<T> product = g;
    for (int d = batch.dims - 1; d >= 0; d--) {
      const int64_t i = index % batch.size[d];
      index /= batch.size[d];
      product.a += i * batch.a[d];
      product.b += i * batch.b[d];
      product.c += i * batch.c[d];
      if (g.epilogue.pre) product.epilogue.pre += i * batch.c[d];
    }
    gemm(product);
  };
  const int64_t cost = gemm_cost(g.m, g.n, g.k, sizeof(T));
  if (count < num_threads()) {
    for (int64_t i = 0; i < count; i++) one(i);
  } else {
    parallel_for(count, cost * count, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; i++) one(i);
    });
  }
}

template void gemm(const Gemm<float>&);
template void gemm(const Gemm<double>&);
template void gemm_batched(const Gemm<float>&, const Batch&);
template void gemm_batched(const Gemm<double>&, const Batch&);

}  // namespace nncore::cpu
