#include "plan.h"

#include <algorithm>

#include "../../../core/cpu.h"
#include "../../hardware.h"
#include "../../order.h"
#include "../dispatch.h"

namespace nncore::cpu {
namespace {

// The properties of the active level and of the machine that a plan depends on.
struct Machine {
  int64_t lanes, mr, nr, column_rows, level2;
  bool wide;  // a register is a cache line
  explicit Machine(int bytes) : level2(cache_sizes().l2 ? cache_sizes().l2 : 256 << 10) {
    const auto read = [&](const auto& k) {
      lanes = k.lanes, mr = k.mr, nr = k.nr, column_rows = k.column_rows;
    };
    bytes == 4 ? read(kernels<float>().product) : read(kernels<double>().product);
    wide = lanes * bytes == 64;
  }
};

// Estimated cycles of each path on a core with two multiply-adds and two loads per cycle.
class Cycles {
 public:
  Cycles(const ProductShape& g, const Machine& machine) : g_(g), at_(machine) {}

  double direct() const {
    // Rows of B that map to the same sets of the first-level cache are read again for each panel of A.
    const bool same_sets = g_.b.row * g_.bytes % 4096 == 0 && g_.k >= 32 && g_.m > 3 * at_.mr;
    return tiles() * (same_sets ? 1.5 : 1) + panels_of_a();
  }
  double packed() const {
    const double copy = g_.b.by_rows() ? 1.5 : transpose();
    return tiles() + panels_of_a() + double(g_.k) * registers(g_.n) * copy + 200;
  }
  double columns() const {
    const double passes = double(ceil_div(g_.m, at_.column_rows));
    return double(g_.k) * registers(g_.n) *
           (passes * (at_.wide ? 1.9 : 1) + double(g_.m) * (at_.wide ? 0.5 : 0.7));
  }
  double transpose_back() const { return double(g_.m) * registers(g_.n) * 8 + 300; }

 private:
  double registers(int64_t n) const { return double(ceil_div(n, at_.lanes)); }
  double transpose() const { return at_.wide ? 2.5 : 2.4; }  // cycles per register of B

  // The additional cost of reading A: a panel uses only a part of each cache line, and the line may be
  // evicted before the next panel needs it; a large A is read from memory.
  double panels_of_a() const {
    const bool same_sets = !g_.a.by_rows() && g_.a.column * g_.bytes % 1024 == 0 && g_.m > 2 * at_.mr;
    const double each =
        (same_sets ? (at_.wide ? 0.25 : 1.2) : 0) + (g_.m * g_.k * g_.bytes > cache_sizes().l3 / 2 ? 0.8 : 0);
    return each * double(g_.m) * double(g_.k);
  }

  double tiles() const {
    const int64_t regs = ceil_div(g_.n, at_.lanes);
    const int64_t panels = ceil_div(g_.m, regs == 1 ? std::max<int64_t>(at_.mr, 12) : at_.mr);
    const double rows = double(g_.m) / double(panels);
    const int64_t budget = (at_.mr + 1) * at_.nr / at_.lanes + 1;
    const int64_t width = regs == 1 ? 1 : std::clamp<int64_t>(int64_t(double(budget) / (rows + 1)), 1, 8);
    return double(panels) *
           (double(regs / width) * tile(rows, double(width)) + tile(rows, double(regs % width)));
  }
  // A step of k takes as long as its multiply-adds, its loads or the latency of a chain, whichever is
  // longest.
  double tile(double rows, double regs) const {
    if (regs == 0) return 0;
    return double(g_.k) * std::max({rows * regs / 2, (rows + regs) / 2, 4.0}) + rows * regs + 20;
  }

  const ProductShape& g_;
  const Machine& at_;
};

Plan with_blocks(Path path, const ProductShape& g, const Machine& at) {
  Plan plan{.path = path, .kc = g.k, .nc = g.n};
  const int64_t panels = ceil_div(g.m, at.mr), size_b = g.k * g.n * g.bytes;
  plan.far = (g.m == 1 || path == Path::columns) && size_b > std::max(at.level2, cache_sizes().l3 / 2);
  // A block of B fills a part of the second-level cache: the next block is prefetched meanwhile, and another
  // thread of the same core may use the other half.
  const auto columns_in = [&](int64_t bytes) {
    return std::max<int64_t>(bytes / (std::min(plan.kc, g.k) * g.bytes) / at.nr, 1) * at.nr;
  };
  if (path == Path::direct) {
    // With few panels of A: if B is larger than the second-level cache, read a few rows of B at a time, as
    // streams that the processor prefetches, and multiply each of their tiles by all panels. With many
    // panels: the same if a block of B would not stay in the cache.
    const bool streams =
        panels <= 3 ? size_b > at.level2 : std::min<int64_t>(g.k, 256) * g.n * g.bytes > at.level2 / 2;
    plan.kc = g.m == 1 ? 8 : streams ? 48 : panels > 1 ? 256 : g.m < 4 ? 128 : 1024;
    plan.by_rows = panels > 1 && !streams;
    if (plan.by_rows) plan.nc = columns_in(at.level2 * 3 / 16);
  } else if (path == Path::packed) {
    plan.kc = 1024 / g.bytes;
    plan.nc = columns_in(at.level2 / 4);
    plan.by_rows = true;
  }
  // Pack A if its columns map to the same sets of the first-level cache and a panel uses few rows of each
  // cache line, or if its rows would occupy more than half of the ways of a set.
  const int64_t apart = !g.a.by_rows() && at.mr * g.bytes <= 48 ? 512 : 4096;
  plan.pack_a = plan.by_rows && (!g.a.by_rows() || at.mr > 6) && g.a.leading() * g.bytes % apart == 0 &&
                g.n >= 2 * at.nr;
  plan.prefetch = plan.by_rows && (g.m * g.k + g.k * g.n + g.m * g.n) * g.bytes > at.level2 / 2;
  return plan;
}

// The cheapest path on one thread.
Plan cheapest(const ProductShape& g) {
  if (g.m == 0 || g.n == 0 || g.k == 0) return {.path = Path::trivial};
  const Machine at(g.bytes);
  Path best{};
  double least = 1e300;
  const auto offer = [&](Path path, double cycles) {
    if (cycles < least) least = cycles, best = path;
  };
  const auto offer_all = [&](const ProductShape& shape, auto&& offer) {
    const Cycles cycles(shape, at);
    offer(Path::packed, cycles.packed());
    const bool stays = std::min<int64_t>(shape.k, 256) * shape.n * shape.bytes <= at.level2 / 2;
    if (shape.b.by_rows() && (shape.m <= 4 * at.mr || stays)) offer(Path::direct, cycles.direct());
    if (!shape.b.by_rows() && shape.m <= 2 * at.column_rows) offer(Path::columns, cycles.columns());
  };
  offer_all(g, offer);
  const double transpose =
      Cycles(g, at).transpose_back();  // so that a swapped product is never swapped again
  offer_all(g.transposed(), [&](Path, double cycles) { offer(Path::swapped, cycles + transpose); });
  return with_blocks(best, g, at);
}

// Cuts C for several threads, or k if C is too small. The parts are even. Long products have more parts than
// threads, so that a thread that loses its core delays the others little. Each part packs or transposes its
// own columns of B, so tall parts waste less work.
Plan divide(const ProductShape& g, int64_t threads) {
  const int64_t nr = Machine(g.bytes).nr, cost = product_cost(g.m, g.n, g.k, g.bytes);
  const int64_t per_thread = std::clamp<int64_t>(cost / threads / 500'000, 1, 4);
  const int64_t wanted = threads * per_thread, widest = ceil_div(g.n, nr);
  Plan best{.path = Path::grid};
  double least = 1e300;
  for (int64_t rows = 1; rows <= std::min(wanted, g.m); rows++) {
    const int64_t columns = std::clamp<int64_t>(wanted / rows, 1, widest);
    const double height = double(ceil_div(g.m, rows)), width = double(ceil_div(widest, columns) * nr);
    const double rounds = double(ceil_div(rows * columns, threads));
    const double time = rounds * (height * width + 8 * width + height);
    if (time < least) least = time, best.rows = rows, best.columns = columns;
  }
  const int64_t chunks = chunks_of(g.k).count;
  const bool few_parts = best.rows * best.columns < threads && g.m * g.n * chunks < 1 << 24;
  if (chunks > 1 && (few_parts || g.m * g.n < 64 * 64 * threads)) best.path = Path::chunks;
  return best;
}

Plan choose(const ProductShape& g, int64_t threads) {
  if (chunks_of(g.k).count > most_chunks) return {.path = Path::sums};
  return threads > 1 ? divide(g, threads) : cheapest(g);
}

}  // namespace

// Keeps recent plans: training repeats its shapes, and choosing a plan takes as long as a very small product.
Plan plan_product(const ProductShape& g, int64_t threads) {
  struct Entry {
    const Level* level = nullptr;
    int64_t threads = 0;
    ProductShape shape{};
    Plan plan{};
  };
  thread_local Entry entries[64];
  const uint64_t hash = (uint64_t(g.m) * 0x9E3779B97F4A7C15u + uint64_t(g.n)) * 0x9E3779B97F4A7C15u +
                        uint64_t(g.k * 4 + !g.a.by_rows() * 2 + !g.b.by_rows());
  Entry& entry = entries[hash * 0x9E3779B97F4A7C15u >> 58];
  if (entry.level != &level() || entry.threads != threads || entry.shape != g)
    entry = {&level(), threads, g, choose(g, threads)};
  return entry.plan;
}

const char* path_name(const ProductShape& shape) {
  constexpr const char* names[] = {"trivial", "direct", "columns", "packed",
                                   "swapped", "grid",   "chunks",  "sums"};
  return names[int(plan_product(shape, 1).path)];
}

int64_t product_cost(int64_t m, int64_t n, int64_t k, int64_t bytes_per_element) {
  const double work = double(m) * double(n) * double(k),
               touched = double(m) * k + double(k) * n + double(m) * n;
  const double cost = work * double(bytes_per_element) / 256 + touched * double(bytes_per_element) / 32;
  return cost < 1e18 ? int64_t(cost) : int64_t(1e18);
}

}  // namespace nncore::cpu

namespace nncore {

const char* product_path(ProductShape s) {
  const cpu::Strides a = {s.trans_a ? s.m : s.k}, b = {s.trans_b ? s.k : s.n};
  return cpu::path_name(
      {s.m, s.n, s.k, s.trans_a ? a.transposed() : a, s.trans_b ? b.transposed() : b, sizeof(float)});
}

}  // namespace nncore
