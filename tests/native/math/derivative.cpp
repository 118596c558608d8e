// Derivatives: float64 against central differences of the op, float32 against float64.
#include <cstdio>
#include <vector>

#include "reference.h"

namespace nncore::math_test {
namespace {

// False at points near a kink or a jump, and at points where the op is not defined.
bool smooth_at(const char* name, double x) {
  const auto is = [&](const char* other) { return std::strcmp(name, other) == 0; };
  const auto near = [&](double kink) { return std::fabs(x - kink) < 1e-3; };
  if (is("floor") || is("ceil") || is("trunc") || is("round"))
    return std::fabs(2 * x - std::nearbyint(2 * x)) > 1e-2;
  if (is("log") || is("log2") || is("log10") || is("sqrt") || is("rsqrt")) return x > 1e-2;
  if (is("tan")) return std::fabs(std::cos(x)) > 0.2;
  if (is("log1p")) return x > -0.99;
  if (is("asin") || is("acos") || is("atanh")) return std::fabs(x) < 0.9;
  if (is("acosh")) return x > 1.1;
  if (is("reciprocal") || is("rdiv_scalar")) return std::fabs(x) > 1e-2;
  for (const double kink : {0.0, 1.0, -1.0, 3.0, -3.0, 6.0, 0.5, -2.0, 20.0})
    if (near(kink)) return false;
  return true;
}

template <class... Ops>
int unary(const Level& level, OpList<Ops...>) {
  const char* const names[] = {Ops::name...};
  int failed = 0;
  const auto& k = level.f64.elementwise;
  for (int op = 0; op < int(sizeof...(Ops)); op++) {
    const Reference* r = find_reference(names[op]);
    if (!r) continue;
    Sequence random{uint64_t(op)};
    double worst = 0, at = 0;
    for (int i = 0; i < 4000; i++) {
      const double x = random.uniform() * 24 - 12, dy = random.uniform() * 2 - 1;
      if (!smooth_at(names[op], x)) continue;
      const double h = 1e-4 * std::fmax(0.05, std::fabs(x) / 4);
      // five points: h^4 error
      const double xs[] = {x - 2 * h, x - h, x + h, x + 2 * h, x};
      double ys[5], dx;
      k.unary_fwd[op](5, xs, ys, r->scalars);
      k.unary_bwd[op](1, &x, &ys[4], &dy, &dx, r->scalars);
      const double want = dy * (ys[0] - 8 * ys[1] + 8 * ys[2] - ys[3]) / (12 * h);
      const double scale = std::fmax(std::fabs(ys[4]) * 2e-3 + 1e-3, std::fabs(want));
      const double error = std::fabs(dx - want) / scale;
      if (!(error <= worst)) worst = error, at = x;
    }
    if (!(worst < 1e-7)) {
      std::printf("FAILED   derivative of %s: relative error %.3g at %.17g\n", names[op], worst, at);
      failed++;
    }
    // float32 over all magnitudes
    double worst_ulp = 0, worst_at = 0;
    const float scalars[] = {float(r->scalars[0]), float(r->scalars[1])};
    for (int i = 0; i < 400000; i++) {
      const uint64_t bits = random.next();
      float xf = float(random.uniform() * 40 - 20);
      if (i % 2) std::memcpy(&xf, &bits, 4);
      if (!(std::fabs(xf) >= 0x1p-126f) || std::isinf(xf)) continue;
      const double x = xf, one = 1;
      const float onef = 1;
      float yf, dxf;
      double y, dx;
      level.f32.elementwise.unary_fwd[op](1, &xf, &yf, scalars);
      level.f32.elementwise.unary_bwd[op](1, &xf, &yf, &onef, &dxf, scalars);
      k.unary_fwd[op](1, &x, &y, r->scalars);
      if (std::fabs(y) > 3e38 || std::fabs(y) < 1e-37) continue;
      k.unary_bwd[op](1, &x, &y, &one, &dx, r->scalars);
      // near a zero of the derivative, only its absolute error is bounded
      const double floor = 0.125;
      const double want = dx, size = std::fabs(want);
      const double u = size < floor ? std::fabs(double(dxf) - want) / (floor * 0x1p-23) : ulps(dxf, want);
      if (!(u <= worst_ulp)) worst_ulp = u, worst_at = xf;
    }
    const bool bad = !(worst_ulp <= 16);
    std::printf("%-10s %-12s difference %.2g, float32 %.2f ulp at %.9g\n", bad ? "FAILED" : "derivative",
                names[op], worst, worst_ulp, worst_at);
    failed += bad;
  }
  return failed;
}

template <class... Ops>
int binary(const Level& level, OpList<Ops...>) {
  const char* const names[] = {Ops::name...};
  int failed = 0;
  const auto& k = level.f64.elementwise;
  for (int op = 0; op < int(sizeof...(Ops)); op++) {
    Sequence random{uint64_t(op)};
    double worst = 0;
    for (int i = 0; i < 4000; i++) {
      const double a = random.uniform() * 4 + 0.1, b = random.uniform() * 4 + 0.1,
                   dy = random.uniform() * 2 - 1;
      if (std::fabs(a / b - std::nearbyint(a / b)) < 0.1) continue;  // a kink or a jump
      const double h = 1e-4;
      const double as[] = {a - 2 * h, a - h, a + h, a + 2 * h, a},
                   bs[] = {b - 2 * h, b - h, b + h, b + 2 * h, b};
      double ya[5], yb[5], da, db;
      k.binary_fwd[op][b_single](5, as, &b, ya);
      k.binary_fwd[op][a_single](5, &a, bs, yb);
      k.binary_da[op][both_vectors](1, &a, &b, &ya[4], &dy, &da);
      k.binary_db[op][both_vectors](1, &a, &b, &ya[4], &dy, &db);
      const double want_a = dy * (ya[0] - 8 * ya[1] + 8 * ya[2] - ya[3]) / (12 * h);
      const double want_b = dy * (yb[0] - 8 * yb[1] + 8 * yb[2] - yb[3]) / (12 * h);
      const double size = std::fmax(1, std::fabs(ya[4]));
      worst = std::fmax(worst, std::fmax(std::fabs(da - want_a), std::fabs(db - want_b)) / size);
    }
    const bool bad = !(worst < 1e-8);
    std::printf("%-10s %-12s difference %.2g\n", bad ? "FAILED" : "derivative", names[op], worst);
    failed += bad;
  }
  // ties split the gradient
  const double one = 1, y = 1, dy = 3;
  double da, db;
  for (const int op : {BinaryOps::index_of<formulas::Maximum>, BinaryOps::index_of<formulas::Minimum>}) {
    k.binary_da[op][both_vectors](1, &one, &one, &y, &dy, &da);
    k.binary_db[op][both_vectors](1, &one, &one, &y, &dy, &db);
    if (da != 1.5 || db != 1.5) std::printf("FAILED   a tie gives %g and %g\n", da, db), failed++;
  }
  return failed;
}

}  // namespace

int check_derivatives(const Level& level) { return unary(level, UnaryOps{}) + binary(level, BinaryOps{}); }

}  // namespace nncore::math_test
