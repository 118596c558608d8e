// Compares the largest error of each forward, in units of the last place, with its stated bound.
#include <algorithm>
#include <cstdio>
#include <vector>

#include "reference.h"

namespace nncore::math_test {
namespace {

constexpr int64_t block = 4096;

template <class T>
struct Worst {
  double error = 0;
  T at = 0, got = 0;
  void add(double e, T x, T y) {
    if (e > error || (e != e)) error = e, at = x, got = y;
  }
};

template <class T>
T from_bits(uint64_t bits) {
  T x;
  std::memcpy(&x, &bits, sizeof x);
  return x;
}

// Subnormal operands are zero.
template <class T>
T flushed(T x) {
  return std::fabs(x) < std::numeric_limits<T>::min() ? std::copysign(T(0), x) : x;
}

template <class T, class Fill>
Worst<T> worst_unary(const ElementwiseKernels<T>& k, int op, const Reference& r, int64_t count, Fill fill) {
  Worst<T> worst;
  const T scalars[] = {T(r.scalars[0]), T(r.scalars[1])};
  T x[block], y[block];
  for (int64_t i0 = 0; i0 < count; i0 += block) {
    const int64_t n = std::min(block, count - i0);
    for (int64_t i = 0; i < n; i++) x[i] = fill(i0 + i);
    k.unary_fwd[op](n, x, y, scalars);
    for (int64_t i = 0; i < n; i++) {
      const T v = flushed(x[i]);
      if constexpr (sizeof(T) == 4)
        worst.add(ulps(y[i], r.f64(double(v), r.scalars)), x[i], y[i]);
      else
        worst.add(ulps(y[i], r.f80(v, r.scalars)), x[i], y[i]);
    }
  }
  return worst;
}

template <class T>
T sample(Sequence& random, int64_t i) {
  switch (i % 4) {
    case 0:
      return from_bits<T>(random.next());
    case 1:
      return T(random.uniform() * 64 - 32);
    case 2:
      return T(random.uniform() * 4 - 2);
    default:
      return T(random.uniform() * 200 - 100);
  }
}

template <class T>
void print(const char* name, const char* type, const Worst<T>& worst, double bound) {
  const bool bad = !(worst.error <= bound);
  std::printf("%-8s %-12s %-9s max %10.4f ulp at %.17g -> %.17g (bound %g)\n", bad ? "FAILED" : "accuracy",
              name, type, worst.error, double(worst.at), double(worst.got), bound);
  std::fflush(stdout);
}

template <class... Ops>
int unary(const Level& level, bool all, const char* only, OpList<Ops...>) {
  const struct {
    const char* name;
    double ulp;
  } ops[] = {{Ops::name, Ops::ulp}...};
  int failed = 0;
  for (int op = 0; op < int(sizeof...(Ops)); op++) {
    if (only && std::strcmp(only, ops[op].name) != 0) continue;
    const Reference* r = find_reference(ops[op].name);
    if (!r) continue;  // tests/test_ulp.py checks the bounds of all ops
    Worst<float> f;
    Sequence random{uint64_t(op)};
    if (all) {
      f = worst_unary(level.f32.elementwise, op, *r, int64_t(1) << 32,
                      [](int64_t i) { return from_bits<float>(uint64_t(i)); });
    } else {  // every 2,039th bit pattern, then samples
      f = worst_unary(level.f32.elementwise, op, *r, (int64_t(1) << 32) / 2039,
                      [](int64_t i) { return from_bits<float>(uint64_t(i * 2039)); });
      const Worst<float> g = worst_unary(level.f32.elementwise, op, *r, 400000,
                                         [&](int64_t i) { return sample<float>(random, i); });
      if (g.error > f.error) f = g;
    }
    print(ops[op].name, "float32", f, ops[op].ulp);
    failed += !(f.error <= ops[op].ulp);
    const Worst<double> d = worst_unary(level.f64.elementwise, op, *r, all ? 4000000 : 200000,
                                        [&](int64_t i) { return sample<double>(random, i); });
    print(ops[op].name, "float64", d, ops[op].ulp);
    failed += !(d.error <= ops[op].ulp);
  }
  return failed;
}

template <class T>
Worst<T> worst_binary(const ElementwiseKernels<T>& k, int op, const PairReference& r, int64_t count) {
  Worst<T> worst;
  Sequence random{uint64_t(op) + 77};
  T a[block], b[block], y[block];
  for (int64_t i0 = 0; i0 < count; i0 += block) {
    for (int64_t i = 0; i < block; i++) {
      a[i] = sample<T>(random, i);
      b[i] = sample<T>(random, i / 4);
      if (i % 3 == 0) a[i] = std::fabs(a[i]);
      if (i % 7 == 0) a[i] = T(1) + T(random.uniform() * 0.01), b[i] *= T(1000);
      if (i % 11 == 0) b[i] = std::nearbyint(b[i]);
    }
    k.binary_fwd[op][both_vectors](block, a, b, y);
    for (int64_t i = 0; i < block; i++) {
      const T va = flushed(a[i]), vb = flushed(b[i]);
      if constexpr (sizeof(T) == 4)
        worst.add(ulps(y[i], r.f64(double(va), double(vb))), a[i], b[i]);
      else
        worst.add(ulps(y[i], r.f80(va, vb)), a[i], b[i]);
    }
  }
  return worst;
}

template <class... Ops>
int binary(const Level& level, bool all, const char* only, OpList<Ops...>) {
  const struct {
    const char* name;
    double ulp;
  } ops[] = {{Ops::name, Ops::ulp}...};
  int failed = 0;
  for (int op = 0; op < int(sizeof...(Ops)); op++) {
    if (only && std::strcmp(only, ops[op].name) != 0) continue;
    const PairReference* r = find_pair_reference(ops[op].name);
    if (!r) continue;  // likewise
    const Worst<float> f = worst_binary(level.f32.elementwise, op, *r, all ? 100000000 : 1000000);
    print(r->name, "float32", f, ops[op].ulp);
    const Worst<double> d = worst_binary(level.f64.elementwise, op, *r, all ? 10000000 : 400000);
    print(r->name, "float64", d, ops[op].ulp);
    failed += !(f.error <= ops[op].ulp) + !(d.error <= ops[op].ulp);
  }
  return failed;
}

}  // namespace

int check_accuracy(const Level& level, bool all, const char* only) {
  return unary(level, all, only, UnaryOps{}) + binary(level, all, only, BinaryOps{});
}

}  // namespace nncore::math_test
