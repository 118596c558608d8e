// Products by each path that kernels take: direct, packed and columns.
#include "backend/cpu/product/run.h"
#include "check.h"

namespace nncore::test {
namespace {

template <class T>
struct Case {
  const char* path;
  cpu::Plan plan;
  int64_t m, n, k;
  bool accumulate = false, bias = false;
};

// The rows of each operand are longer than needed, so that strides are not mistaken for sizes.
template <class T>
void run_case(const Case<T>& c, cpu::Strides a_strides, cpu::Strides b_strides, Log& log) {
  const std::string label =
      name("m=%d n=%d k=%d accumulate=%d bias=%d", int(c.m), int(c.n), int(c.k), c.accumulate, c.bias);
  const auto size = [](int64_t rows, int64_t columns, cpu::Strides s) {
    return (rows - 1) * s.row + (columns - 1) * s.column + 1;
  };
  Buffer<T> a(size(c.m, c.k, a_strides)), b(size(c.k, c.n, b_strides)), out(size(c.m, c.n, {c.n + 2})),
      bias(c.n);
  fill(a, 1, Kind::plain);
  fill(b, 2, Kind::plain);
  fill(out, 4, Kind::plain);
  fill(bias, 5, Kind::plain);
  const cpu::Product<T> product = {.m = c.m,
                                   .n = c.n,
                                   .k = c.k,
                                   .a = {a.data(), a_strides.row, a_strides.column},
                                   .b = {b.data(), b_strides.row, b_strides.column},
                                   .c = {out.data(), c.n + 2},
                                   .accumulate = c.accumulate,
                                   .epilogue = {.bias = c.bias ? bias.data() : nullptr}};
  (c.plan.path == cpu::Path::columns ? cpu::run_columns<T> : cpu::run_blocks<T>)(product, c.plan);
  log.add(c.path, label, out);
}

// All layouts that a path supports.
template <class T>
void run_layouts(const Case<T>& c, Log& log) {
  const bool by_columns = c.plan.path != cpu::Path::direct, by_rows = c.plan.path != cpu::Path::columns;
  for (const cpu::Strides a : {cpu::Strides{c.k + 1}, cpu::Strides{c.m + 1}.transposed()}) {
    if (by_rows) run_case(c, a, {c.n + 3}, log);
    if (by_columns) run_case(c, a, cpu::Strides{c.k + 3}.transposed(), log);
  }
}

template <class T>
void run_pack(const ProductKernels<T>& level, Log& log) {
  for (const int64_t k : {1, 2, 7, 8, 9, 16, 33})
    for (const int64_t width : {1, 2, 3, 4, 5, 6, 7, 8, 12, 15, 16})
      for (const bool transposed : {false, true})
        for (const int64_t ld_to : {(width + 15) / 16 * 16, width}) {
          const int64_t ld = (transposed ? k : width) + 1;
          Buffer<T> from(transposed ? (width - 1) * ld + k : (k - 1) * ld + width), to(k * ld_to, T(-1));
          fill(from, 1, Kind::plain);
          const std::string label = name("k=%d width=%d row=%d", int(k), int(width), int(ld_to));
          (transposed ? level.pack_transposed : level.pack)(k, width, from.data(), ld, to.data(), ld_to);
          log.add(transposed ? "product.pack_transposed" : "product.pack", label, to);
        }
}

}  // namespace

template <class T>
void run_product(const LevelKernels<T>& level, Log& log) {
  using cpu::Path;
  const auto small = [&](const char* path, cpu::Plan plan) {
    for (const int64_t m : {1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15, 28, 29})
      for (const int64_t n : {1, 3, 4, 7, 8, 9, 15, 16, 17, 24, 31, 32, 33, 50, 64, 65})
        for (const int64_t k : {1, 2, 3, 8, 33})
          run_layouts(Case<T>{path, plan, m, n, k, (m + n) % 2 == 0, m % 3 == 0}, log);
  };
  small("product.direct", {.path = Path::direct, .kc = 16, .nc = 1000});
  small("product.columns", {.path = Path::columns, .kc = 1000, .nc = 1000});
  const cpu::Plan packed = {.path = Path::packed, .kc = 64, .nc = 64, .by_rows = true};
  cpu::Plan prefetching = packed, packed_a = packed;
  prefetching.path = Path::direct;
  prefetching.prefetch = packed_a.prefetch = packed_a.pack_a = true;
  for (const int64_t m : {1, 5, 8, 13, 14, 29, 100})
    for (const int64_t n : {1, 16, 33, 96, 200})
      for (const int64_t k : {1, 4, 7, 50, 301}) {
        const bool accumulate = m % 2 == 0, bias = n % 2 == 0;
        run_layouts(Case<T>{"product.packed", packed, m, n, k, accumulate, bias}, log);
        run_layouts(Case<T>{"product.prefetching", prefetching, m, n, k, accumulate, bias}, log);
        run_layouts(Case<T>{"product.packed_a", packed_a, m, n, k, accumulate, bias}, log);
      }
  run_pack(level.product, log);
}
template void run_product<float>(const LevelKernels<float>&, Log&);
template void run_product<double>(const LevelKernels<double>&, Log&);

}  // namespace nncore::test
