#include "gemm_plan.h"

#include <algorithm>

#include "../../core/cpu.h"
#include "dispatch.h"
#include "gemm.h"

namespace nncore::cpu {
namespace {

// What a plan needs to know of the active level and the machine.
struct Machine {
  int64_t lanes, mr, nr, column_rows, level2;
  bool wide;  // a register is a cache line
  explicit Machine(int bytes) : level2(cache_sizes().l2 ? cache_sizes().l2 : 256 << 10) {
    const auto read = [&](const auto& k) {
      lanes = k.lanes, mr = k.mr, nr = k.nr, column_rows = k.column_rows;
    };
    bytes == 4 ? read(kernels<float>().gemm) : read(kernels<double>().gemm);
    wide = lanes * bytes == 64;
  }
};

// Estimated cycles of each way on a core with two multiply-adds and two loads a cycle.
class Cycles {
 public:
  Cycles(const GemmShape& g, const Machine& machine) : g_(g), at_(machine) {}

  double direct() const {
    // Rows of B that fall into the same sets of the first cache level are read again for every panel of A.
    const bool same_sets = g_.ldb * g_.bytes % 4096 == 0 && g_.k >= 32 && g_.m > 3 * at_.mr;
    return tiles() * (same_sets ? 1.5 : 1) + panels_of_a();
  }
  double packed() const {
    return tiles() + panels_of_a() + double(g_.k) * registers(g_.n) * (g_.trans_b ? turn() : 1.5) + 200;
  }
  double columns() const {
    const double passes = double(ceil_div(g_.m, at_.column_rows));
    return double(g_.k) * registers(g_.n) *
           (passes * (at_.wide ? 1.9 : 1) + double(g_.m) * (at_.wide ? .5 : .7));
  }
  double turn_back() const { return double(g_.m) * registers(g_.n) * 8 + 300; }

 private:
  double registers(int64_t n) const { return double(ceil_div(n, at_.lanes)); }
  double turn() const { return at_.wide ? 2.5 : 2.4; }  // a register of B through the transposing network

  // What A costs beside the tiles: lines of which a panel wants a part and which the next panel finds
  // evicted; all of it from memory.
  double panels_of_a() const {
    const bool same_sets = g_.trans_a && g_.lda * g_.bytes % 1024 == 0 && g_.m > 2 * at_.mr;
    const double each =
        (same_sets ? (at_.wide ? .25 : 1.2) : 0) + (g_.m * g_.k * g_.bytes > cache_sizes().l3 / 2 ? .8 : 0);
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
  // A step takes as long as its multiply-adds, its loads, or the latency of a chain.
  double tile(double rows, double regs) const {
    if (regs == 0) return 0;
    return double(g_.k) * std::max({rows * regs / 2, (rows + regs) / 2, 4.0}) + rows * regs + 20;
  }

  const GemmShape& g_;
  const Machine& at_;
};

GemmPlan with_blocks(GemmPath path, const GemmShape& g, const Machine& at) {
  GemmPlan plan{path, g.k, g.n, false, false, path == GemmPath::packed, false, false, g};
  const int64_t panels = ceil_div(g.m, at.mr), size_b = g.k * g.n * g.bytes;
  plan.far = (g.m == 1 || path == GemmPath::columns) && size_b > std::max(at.level2, cache_sizes().l3 / 2);
  // Blocks of B fill a part of the second level: the next one is on its way meanwhile, and a neighbour on the
  // same core may hold the other half.
  const auto columns_in = [&](int64_t bytes) {
    return std::max<int64_t>(bytes / (std::min(plan.kc, g.k) * g.bytes) / at.nr, 1) * at.nr;
  };
  if (path == GemmPath::direct) {
    // Few panels of A: from beyond the second level, some rows of B at a time come as streams that the
    // processor follows, and all panels meet each tile of them. Many panels: if a block of B would not stay.
    const bool streams =
        panels <= 3 ? size_b > at.level2 : std::min<int64_t>(g.k, 256) * g.n * g.bytes > at.level2 / 2;
    plan.kc = g.m == 1 ? 8 : streams ? 48 : panels > 1 ? 256 : g.m < 4 ? 128 : 1024;
    plan.by_rows = panels > 1 && !streams;
    if (plan.by_rows) plan.nc = columns_in(at.level2 * 3 / 16);
  } else if (path == GemmPath::packed) {
    plan.kc = 1024 / g.bytes;
    plan.nc = columns_in(at.level2 / 4);
    plan.by_rows = true;
  }
  // Columns of A in the same sets of the first level, each line of them for a few rows only; or more rows in
  // them than half of its ways.
  const int64_t apart = g.trans_a && at.mr * g.bytes <= 48 ? 512 : 4096;
  plan.pack_a = plan.by_rows && (g.trans_a || at.mr > 6) && g.lda * g.bytes % apart == 0 && g.n >= 2 * at.nr;
  plan.ahead = plan.by_rows && (g.m * g.k + g.k * g.n + g.m * g.n) * g.bytes > at.level2 / 2;
  return plan;
}

GemmPlan choose(const GemmShape& g, bool may_swap) {
  if (g.m == 0 || g.n == 0 || g.k == 0)
    return {GemmPath::trivial, 0, 0, false, false, false, false, false, g};
  const Machine at(g.bytes);
  const auto ways = [&](const GemmShape& shape, auto&& offer) {
    const Cycles cycles(shape, at);
    offer(GemmPath::packed, cycles.packed());
    const bool few_rows = shape.m <= 4 * at.mr;
    if (!shape.trans_b &&
        (few_rows || std::min<int64_t>(shape.k, 256) * shape.n * shape.bytes <= at.level2 / 2))
      offer(GemmPath::direct, cycles.direct());
    if (shape.trans_b && shape.m <= 2 * at.column_rows) offer(GemmPath::columns, cycles.columns());
  };
  GemmPath best{};
  double least = 1e300;
  ways(g, [&](GemmPath path, double cycles) {
    if (cycles < least) least = cycles, best = path;
  });
  if (may_swap)
    ways(g.swapped(), [&](GemmPath, double cycles) {
      cycles += Cycles(g, at).turn_back();
      if (cycles < least) least = cycles, best = GemmPath::swapped;
    });
  return with_blocks(best, g, at);
}

}  // namespace

// Training repeats its shapes, and choosing costs as much as a very small product.
GemmPlan plan_gemm(const GemmShape& g) {
  struct Entry {
    const Level* level = nullptr;
    GemmPlan plan;
  };
  thread_local Entry entries[64];
  const uint64_t hash = (uint64_t(g.m) * 0x9E3779B97F4A7C15u + uint64_t(g.n)) * 0x9E3779B97F4A7C15u +
                        uint64_t(g.k * 4 + g.trans_a * 2 + g.trans_b);
  Entry& entry = entries[hash * 0x9E3779B97F4A7C15u >> 58];
  if (entry.level != &level() || entry.plan.shape != g) entry = {&level(), choose(g, true)};
  return entry.plan;
}

GemmPlan plan_swapped(const GemmShape& g) { return choose(g.swapped(), false); }

const char* name_of(GemmPath path) {
  constexpr const char* names[] = {"trivial", "direct", "columns", "packed", "swapped"};
  return names[int(path)];
}

const char* gemm_path(int64_t m, int64_t n, int64_t k, bool trans_a, bool trans_b) {
  return name_of(plan_gemm({m, n, k, trans_a ? m : k, trans_b ? k : n, trans_a, trans_b, 4}).path);
}

int64_t gemm_cost(int64_t m, int64_t n, int64_t k, int64_t bytes_per_element) {
  const double work = double(m) * double(n) * double(k),
               touched = double(m) * k + double(k) * n + double(m) * n;
  const double cost = work * double(bytes_per_element) / 256 + touched * double(bytes_per_element) / 32;
  return cost < 1e18 ? int64_t(cost) : int64_t(1e18);
}

}  // namespace nncore::cpu
