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

// How C is cut for threads, or k where C is too small to be cut.
struct Grid {
  int64_t rows, columns;
  bool by_chunks;
};

// Even tiles, some more than threads where they are long, so that a thread whose core is taken away holds up
// little. Each tile packs or turns its own part of B: tall tiles waste less.
Grid grid_for(const GemmShape& g, int64_t threads, int64_t cost, int64_t nr) {
  const int64_t per_thread = std::clamp<int64_t>(cost / threads / 500'000, 1, 4);
  const int64_t wanted = threads * per_thread, widest = ceil_div(g.n, nr);
  const auto cut = [&](int64_t rows) {
    return Grid{rows, std::clamp<int64_t>(wanted / rows, 1, widest), false};
  };
  Grid best = cut(1);
  double least = 1e300;
  for (int64_t rows = 1; rows <= std::min(wanted, g.m); rows++) {
    const Grid grid = cut(rows);
    const double height = double(ceil_div(g.m, rows)), width = double(ceil_div(widest, grid.columns) * nr);
    const double rounds = double(ceil_div(rows * grid.columns, threads));
    const double time = rounds * (height * width + 8 * width + height);
    if (time < least) least = time, best = grid;
  }
  const Chunks chunks = chunks_of(g.k);
  best.by_chunks =
      chunks.count > 1 && best.rows * best.columns < threads && g.m * g.n * chunks.count < 1 << 24;
  if (g.m * g.n < 64 * 64 * threads && chunks.count > 1) best.by_chunks = true;
  return best;
}

// row(i, c) makes row i of the product; bias and activation follow.
template <class T, class Row>
void finish_rows(const Share<T>& s, int64_t cost, Row row) {
  parallel_for(s.m, cost, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) {
      T* const c = s.c + i * s.ldc;
      row(i, c);
      T* const pre = s.before_activation() + i * s.ldc;
      if (s.epilogue.bias)
        for (int64_t j = 0; j < s.n; j++) pre[j] = c[j] + s.epilogue.bias[j];
      else if (pre != c)
        std::copy(c, c + s.n, pre);
    }
    activate(s.tile({begin, end}, {0, s.n}));
  });
}

// The chunks of a long k side by side, then added in order.
template <class T>
void run_chunks(const Share<T>& s, const GemmShape& shape, int64_t cost) {
  const Chunks chunks = chunks_of(s.k);
  const int64_t size = s.m * s.n;
  const Scratch<T> sums((chunks.count - 1) * size);
  parallel_for(chunks.count, cost, [&](int64_t begin, int64_t end) {
    for (int64_t c = begin; c < end; c++) {
      Share<T> chunk = s;
      chunk.k = std::min(chunks.size, s.k - c * chunks.size);
      chunk.a += c * chunks.size * s.a_col;
      chunk.b += c * chunks.size * s.b_row;
      chunk.epilogue = {};
      if (c > 0) chunk.c = sums.data() + (c - 1) * size, chunk.ldc = s.n, chunk.accumulate = false;
      GemmShape part = shape;
      part.k = chunk.k;
      run(chunk, plan_gemm(part));
    }
  });
  finish_rows(s, size * chunks.count / 4, [&](int64_t i, T* c) {
    for (int64_t q = 1; q < chunks.count; q++) {
      const T* const sum = sums.data() + (q - 1) * size + i * s.n;
      for (int64_t j = 0; j < s.n; j++) c[j] += sum[j];
    }
  });
}

template <class T>
Share<T> whole(const Gemm<T>& g) {
  Share<T> s{};
  s.m = g.m, s.n = g.n, s.k = g.k;
  s.a = g.a, s.a_row = g.trans_a ? 1 : g.lda, s.a_col = g.trans_a ? g.lda : 1;
  s.b = g.b, s.b_row = g.trans_b ? 1 : g.ldb, s.b_col = g.trans_b ? g.ldb : 1;
  s.c = g.c, s.ldc = g.ldc;
  s.accumulate = g.accumulate;
  s.epilogue = g.epilogue;
  return s;
}

// A k of more than most_chunks chunks: that many at a time, their sums added in double.
template <class T>
void gemm_of_parts(const Gemm<T>& g) {
  const int64_t size = g.m * g.n, step = most_chunks * chunks_of(g.k).size;
  const Scratch<double> totals(size);
  const Scratch<T> part(size);
  for (int64_t from = 0; from < g.k; from += step) {
    Gemm<T> p = g;
    p.k = std::min(step, g.k - from);
    p.a += from * (g.trans_a ? g.lda : 1);
    p.b += from * (g.trans_b ? 1 : g.ldb);
    p.epilogue = {};
    if (from > 0) p.c = part.data(), p.ldc = g.n, p.accumulate = false;
    gemm(p);
    parallel_for(g.m, size / 2, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; i++)
        for (int64_t j = 0; j < g.n; j++)
          totals.data()[i * g.n + j] =
              from > 0 ? totals.data()[i * g.n + j] + double(p.c[i * p.ldc + j]) : double(p.c[i * p.ldc + j]);
    });
  }
  finish_rows(whole(g), size, [&](int64_t i, T* c) {
    for (int64_t j = 0; j < g.n; j++) c[j] = T(totals.data()[i * g.n + j]);
  });
}

}  // namespace

template <class T>
void gemm(const Gemm<T>& g) {
  if (g.m == 0 || g.n == 0) return;
  if (chunks_of(g.k).count > most_chunks) return gemm_of_parts(g);
  const GemmShape shape{g.m, g.n, g.k, g.lda, g.ldb, g.trans_a, g.trans_b, int(sizeof(T))};
  const Share<T> all = whole(g);
  const int64_t cost = gemm_cost(g.m, g.n, g.k, sizeof(T)), threads = team_size(cost);
  if (threads == 1) {
    FlushSubnormals mode;
    return run(all, plan_gemm(shape));
  }
  const int64_t nr = kernels<T>().gemm.nr;
  const Grid grid = grid_for(shape, threads, cost, nr);
  if (grid.by_chunks) return run_chunks(all, shape, cost);
  parallel_for(grid.rows * grid.columns, cost, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) {
      const Span rows = part(g.m, grid.rows, i / grid.columns),
                 columns = part(g.n, grid.columns, i % grid.columns, nr);
      GemmShape tile = shape;
      tile.m = rows.size(), tile.n = columns.size();
      run(all.tile(rows, columns), plan_gemm(tile));
    }
  });
}

template <class T>
void gemm_batched(const Gemm<T>& g, const Batch& batch) {
  Gemm<T> one = g;
  int dims = batch.dims;
  // A stack of matrices times one matrix is one tall product.
  while (dims > 0 && batch.b[dims - 1] == 0 && !g.trans_a && batch.a[dims - 1] == one.m * g.lda &&
         batch.c[dims - 1] == one.m * g.ldc)
    one.m *= batch.size[--dims];
  int64_t count = 1;
  for (int d = 0; d < dims; d++) count *= batch.size[d];
  if (count == 1) return gemm(one);

  const auto at = [&](int64_t index) {
    Gemm<T> product = one;
    for (int d = dims - 1; d >= 0; d--) {
      const int64_t i = index % batch.size[d];
      index /= batch.size[d];
      product.a += i * batch.a[d];
      product.b += i * batch.b[d];
      product.c += i * batch.c[d];
      if (one.epilogue.pre) product.epilogue.pre += i * batch.c[d];
    }
    return product;
  };
  const int64_t cost = gemm_cost(one.m, one.n, one.k, sizeof(T));
  if (count < num_threads()) {
    for (int64_t i = 0; i < count; i++) gemm(at(i));
    return;
  }
  parallel_for(count, cost * count, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) gemm(at(i));
  });
}

template void gemm(const Gemm<float>&);
template void gemm(const Gemm<double>&);
template void gemm_batched(const Gemm<float>&, const Batch&);
template void gemm_batched(const Gemm<double>&, const Batch&);

}  // namespace nncore::cpu
