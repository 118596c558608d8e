// Nanoseconds and elements per cycle, in the first-level cache.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <vector>

#include "reference.h"

namespace nncore::math_test {
namespace {

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// Measures the clock rate with a chain of dependent multiplications of three cycles each.
double cycles_per_second() {
  double best = 0;
  for (int trial = 0; trial < 5; trial++) {
    uint64_t x = 3;
    const double start = now();
    for (int i = 0; i < 1000000; i++) {
      x *= x;
      asm volatile("" : "+r"(x));
    }
    best = std::max(best, 3e6 / (now() - start));
  }
  return best;
}

template <class F>
double seconds(F run) {
  double best = 1e9;
  for (int trial = 0; trial < 15; trial++) {
    const double start = now();
    for (int i = 0; i < 50; i++) run();
    best = std::min(best, (now() - start) / 50);
  }
  return best;
}

template <class T, class... Ops>
void unary(const char* level, const char* type, const ElementwiseKernels<T>& k, double clock,
           OpList<Ops...>) {
  const char* const names[] = {Ops::name...};
  constexpr int64_t n = 2048;
  T x[n], y[n], dy[n], dx[n];
  Sequence random{1};
  for (int64_t i = 0; i < n; i++) x[i] = T(random.uniform() * 8 - 4), dy[i] = T(random.uniform());
  for (int op = 0; op < int(sizeof...(Ops)); op++) {
    const Reference* r = find_reference(names[op]);
    if (!r) continue;
    const T scalars[] = {T(r->scalars[0]), T(r->scalars[1])};
    const double f = seconds([&] { k.unary_fwd[op](n, x, y, scalars); });
    const double b = seconds([&] { k.unary_bwd[op](n, x, y, dy, dx, scalars); });
    std::printf("%s %s %-12s fwd %6.3f ns %5.2f /cycle   bwd %6.3f ns %5.2f /cycle\n", level, type, names[op],
                f / n * 1e9, n / (f * clock), b / n * 1e9, n / (b * clock));
  }
}

template <class T, class... Ops>
void binary(const char* level, const char* type, const ElementwiseKernels<T>& k, double clock,
            OpList<Ops...>) {
  const char* const names[] = {Ops::name...};
  constexpr int64_t n = 2048;
  T a[n], b[n], y[n];
  Sequence random{1};
  for (int64_t i = 0; i < n; i++) a[i] = T(random.uniform() * 4 + 0.1), b[i] = T(random.uniform() * 4 - 2);
  for (int op = 0; op < int(sizeof...(Ops)); op++) {
    const double vv = seconds([&] { k.binary_fwd[op][both_vectors](n, a, b, y); });
    const double vs = seconds([&] { k.binary_fwd[op][b_single](n, a, b, y); });
    std::printf("%s %s %-12s vv %6.3f ns %5.2f /cycle   vs %6.3f ns %5.2f /cycle\n", level, type, names[op],
                vv / n * 1e9, n / (vv * clock), vs / n * 1e9, n / (vs * clock));
  }
}

}  // namespace

void measure_speed(const Level& level) {
  const double clock = cycles_per_second();
  std::printf("clock %.2f GHz\n", clock * 1e-9);
  unary(level.name, "f32", level.f32.elementwise, clock, UnaryOps{});
  binary(level.name, "f32", level.f32.elementwise, clock, BinaryOps{});
  unary(level.name, "f64", level.f64.elementwise, clock, UnaryOps{});
}

}  // namespace nncore::math_test
