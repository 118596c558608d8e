#include "gemm_plan.h"

#include <algorithm>

#include "../../core/cpu.h"
#include "gemm.h"

namespace nncore::cpu {

GemmPlan plan_gemm(const GemmShape& g) {
  if (g.m == 0 || g.n == 0 || g.k == 0) return {GemmPath::trivial, 0, 0, 0};
  if (!g.trans_b && g.m <= 48) return {GemmPath::direct, 256, g.m, g.n};
  return {GemmPath::packed, 256, 168, 1024};
}

const char* name_of(GemmPath path) {
  constexpr const char* names[] = {"trivial", "direct", "packed"};
  return names[int(path)];
}

const char* gemm_path(int64_t m, int64_t n, int64_t k, bool trans_a, bool trans_b) {
  return name_of(plan_gemm({m, n, k, trans_a, trans_b, 4}).path);
}

int64_t gemm_cost(int64_t m, int64_t n, int64_t k, int64_t bytes_per_element) {
  const double work = double(m) * double(n) * double(k), touched = double(m) * k + double(k) * n + double(m) * n;
  const double cost = work * double(bytes_per_element) / 128 + touched * double(bytes_per_element) / 32;
  return cost < 1e18 ? int64_t(cost) : int64_t(1e18);
}

}  // namespace nncore::cpu
