// Infinities, NaN, signed zeros, edges of overflow.
#include <cstdio>
#include <string>

#include "reference.h"

namespace nncore::math_test {
namespace {

constexpr double inf = INFINITY, nan = NAN;

struct Case {
  const char* name;
  double x, y;
};
// x, the exact y (NaN for NaN; the sign of zero counts)
constexpr Case cases[] = {
    {"exp", 0, 1},
    {"exp", -0.0, 1},
    {"exp", inf, inf},
    {"exp", -inf, 0},
    {"exp", -1e30, 0},
    {"exp", 1e30, inf},
    {"expm1", 0, 0},
    {"expm1", -0.0, -0.0},
    {"expm1", inf, inf},
    {"expm1", -inf, -1},
    {"expm1", 1e30, inf},
    {"log", 1, 0},
    {"log", 0, -inf},
    {"log", -0.0, -inf},
    {"log", inf, inf},
    {"log", -1, nan},
    {"log", -inf, nan},
    {"log1p", 0, 0},
    {"log1p", -0.0, -0.0},
    {"log1p", -1, -inf},
    {"log1p", -2, nan},
    {"log1p", inf, inf},
    {"log1p", -inf, nan},
    {"log2", 1, 0},
    {"log2", 8, 3},
    {"log2", 0.25, -2},
    {"log2", 0x1p100, 100},
    {"log2", 0x1p-126, -126},
    {"log2", 0, -inf},
    {"log2", inf, inf},
    {"log2", -1, nan},
    {"sqrt", 0, 0},
    {"sqrt", -0.0, -0.0},
    {"sqrt", inf, inf},
    {"sqrt", -1, nan},
    {"rsqrt", 0, inf},
    {"rsqrt", -0.0, -inf},
    {"rsqrt", inf, 0},
    {"rsqrt", -1, nan},
    {"rsqrt", 4, 0.5},
    {"reciprocal", 0, inf},
    {"reciprocal", -0.0, -inf},
    {"reciprocal", inf, 0},
    {"reciprocal", -inf, -0.0},
    {"sin", 0, 0},
    {"sin", -0.0, -0.0},
    {"sin", inf, nan},
    {"sin", -inf, nan},
    {"cos", 0, 1},
    {"cos", -0.0, 1},
    {"cos", inf, nan},
    {"cos", -inf, nan},
    {"erf", 0, 0},
    {"erf", -0.0, -0.0},
    {"erf", inf, 1},
    {"erf", -inf, -1},
    {"erf", 1e30, 1},
    {"erfc", 0, 1},
    {"erfc", inf, 0},
    {"erfc", -inf, 2},
    {"erfc", 1e30, 0},
    {"erfc", -1e30, 2},
    {"tanh", 0, 0},
    {"tanh", -0.0, -0.0},
    {"tanh", inf, 1},
    {"tanh", -inf, -1},
    {"tanh", -1e30, -1},
    {"sigmoid", 0, 0.5},
    {"sigmoid", inf, 1},
    {"sigmoid", -inf, 0},
    {"sigmoid", -1e30, 0},
    {"sigmoid", 1e30, 1},
    {"relu", 0, 0},
    {"relu", -1, 0},
    {"relu", inf, inf},
    {"relu", -inf, 0},
    {"relu6", inf, 6},
    {"relu6", -inf, 0},
    {"leaky_relu", -inf, -inf},
    {"leaky_relu", inf, inf},
    {"elu", -inf, -1},
    {"elu", inf, inf},
    {"elu", -0.0, -0.0},
    {"celu", -inf, -1},
    {"celu", inf, inf},
    {"gelu", 0, 0},
    {"gelu", -0.0, -0.0},
    {"gelu", inf, inf},
    {"gelu", -inf, -0.0},
    {"gelu", -1e30, -0.0},
    {"gelu", 1e30, 1e30},
    {"gelu_tanh", 0, 0},
    {"gelu_tanh", inf, inf},
    {"gelu_tanh", -inf, -0.0},
    {"gelu_tanh", 1e30, 1e30},
    {"silu", 0, 0},
    {"silu", -0.0, -0.0},
    {"silu", inf, inf},
    {"silu", -inf, -0.0},
    {"silu", 1e30, 1e30},
    {"mish", 0, 0},
    {"mish", inf, inf},
    {"mish", -inf, -0.0},
    {"mish", 1e30, 1e30},
    {"softplus", inf, inf},
    {"softplus", -inf, 0},
    {"softplus", 21, 21},
    {"softsign", inf, 1},
    {"softsign", -inf, -1},
    {"softsign", 0, 0},
    {"softsign", -0.0, -0.0},
    {"softsign", 1, 0.5},
    {"tanhshrink", inf, inf},
    {"tanhshrink", -inf, -inf},
    {"tanhshrink", 0, 0},
    {"tanhshrink", -0.0, -0.0},
    {"logsigmoid", inf, 0},
    {"logsigmoid", -inf, -inf},
    {"logsigmoid", -1e30, -1e30},
    {"hardtanh", inf, 1},
    {"hardtanh", -inf, -1},
    {"hardsigmoid", -inf, 0},
    {"hardsigmoid", inf, 1},
    {"hardswish", -inf, -0.0},
    {"hardswish", inf, inf},
    {"hardswish", -3, -0.0},
    {"hardswish", 3, 3},
    {"sign", -0.0, -0.0},
    {"sign", inf, 1},
    {"sign", -inf, -1},
    {"sign", 1e-30, 1},
    {"floor", -0.5, -1},
    {"ceil", -0.5, -0.0},
    {"round", 0.5, 0},
    {"round", 1.5, 2},
    {"round", 2.5, 2},
    {"trunc", -1.5, -1},
    {"floor", inf, inf},
    {"round", -inf, -inf},
};

struct PairCase {
  const char* name;
  double a, b, y;
};
constexpr PairCase pair_cases[] = {
    // C99, Annex F.9.4.4
    {"pow", 0, 1, 0},         {"pow", -0.0, 1, -0.0},   {"pow", -0.0, 2, 0},      {"pow", 0, -1, inf},
    {"pow", -0.0, -1, -inf},  {"pow", -0.0, -2, inf},   {"pow", 0, 0, 1},         {"pow", nan, 0, 1},
    {"pow", 1, nan, 1},       {"pow", nan, 1, nan},     {"pow", 2, nan, nan},     {"pow", -1, inf, 1},
    {"pow", -1, -inf, 1},     {"pow", 1, inf, 1},       {"pow", 0.5, inf, 0},     {"pow", 0.5, -inf, inf},
    {"pow", 2, inf, inf},     {"pow", 2, -inf, 0},      {"pow", -2, inf, inf},    {"pow", -0.5, inf, 0},
    {"pow", inf, 1, inf},     {"pow", inf, -1, 0},      {"pow", -inf, 3, -inf},   {"pow", -inf, 2, inf},
    {"pow", -inf, -3, -0.0},  {"pow", -inf, -2, 0},     {"pow", -inf, 0.5, inf},  {"pow", -inf, -0.5, 0},
    {"pow", -2, 3, -8},       {"pow", -2, 2, 4},        {"pow", -2, 0.5, nan},    {"pow", 4, 0.5, 2},
    {"pow", -2, -1, -0.5},    {"pow", 10, 400, inf},    {"pow", 10, -400, 0},     {"pow", -10, 401, -inf},
    {"pow", -10, -401, -0.0}, {"pow", 0, inf, 0},       {"pow", 0, -inf, inf},    {"pow", inf, inf, inf},
    {"pow", inf, -inf, 0},    {"pow", -2, 1e30, inf},   {"pow", 3, 1, 3},         {"pow", 7, 2, 49},
    {"pow", 2, 100, 0x1p100}, {"maximum", nan, 1, nan}, {"maximum", 1, nan, nan}, {"maximum", inf, 1, inf},
    {"maximum", -inf, 1, 1},  {"minimum", nan, 1, nan}, {"minimum", 1, nan, nan}, {"minimum", -inf, 1, -inf},
    {"minimum", inf, 1, 1},   {"div", 1, 0, inf},       {"div", -1, 0, -inf},     {"div", 0, 0, nan},
};

template <class T>
bool same(T got, double want) {
  if (want != want) return got != got;
  return got == T(want) && std::signbit(got) == std::signbit(want);
}

template <class T, class... Ops>
int unary(const ElementwiseKernels<T>& k, const char* type, OpList<Ops...>) {
  const char* const names[] = {Ops::name...};
  int failed = 0;
  for (int op = 0; op < int(sizeof...(Ops)); op++) {
    const Reference* r = find_reference(names[op]);
    if (!r) continue;
    const T scalars[] = {T(r->scalars[0]), T(r->scalars[1])};
    for (const Case& c : cases) {
      if (std::strcmp(c.name, names[op]) != 0) continue;
      const T x = T(c.x);
      T y;
      k.unary_fwd[op](1, &x, &y, scalars);
      if (same(y, c.y) || (double(x) != c.x && c.x == c.x && y == T(x))) continue;
      std::printf("FAILED   %s %s(%g) = %.9g, expected %g\n", type, c.name, c.x, double(y), c.y);
      failed++;
    }
    // NaN for NaN of either sign and any payload
    for (const uint64_t payload : {uint64_t(1), uint64_t(0x123), uint64_t(0x200000)}) {
      uint64_t bits = sizeof(T) == 4 ? 0x7fc00000u | payload : 0x7ff8000000000000u | payload;
      for (int sign = 0; sign < 2; sign++) {
        T x, y;
        const uint64_t signed_bits = bits | uint64_t(sign) << (8 * sizeof(T) - 1);
        std::memcpy(&x, &signed_bits, sizeof x);
        k.unary_fwd[op](1, &x, &y, scalars);
        if (y == y) std::printf("FAILED   %s %s(NaN) = %g\n", type, names[op], double(y)), failed++;
      }
    }
    const bool activation = std::strstr(
        " erf tanh sigmoid relu relu6 leaky_relu elu selu celu gelu gelu_tanh silu mish softplus softsign "
        "tanhshrink "
        "logsigmoid hardtanh hardsigmoid hardswish threshold clamp abs sign neg ",
        (std::string(" ") + names[op] + " ").c_str());
    if (!activation) continue;
    for (const double big : {1e2, 1e4, 1e20, 3e38, inf})
      for (const double sign : {1.0, -1.0}) {
        const T x = T(sign * big), dy = T(1);
        T y, dx;
        k.unary_fwd[op](1, &x, &y, scalars);
        k.unary_bwd[op](1, &x, &y, &dy, &dx, scalars);
        if (!(std::fabs(double(dx)) <= 2)) {
          std::printf("FAILED   %s derivative of %s at %g = %g\n", type, names[op], double(x), double(dx));
          failed++;
        }
      }
  }
  return failed;
}

template <class T, class... Ops>
int binary(const ElementwiseKernels<T>& k, const char* type, OpList<Ops...>) {
  const char* const names[] = {Ops::name...};
  int failed = 0;
  for (int op = 0; op < int(sizeof...(Ops)); op++)
    for (const PairCase& c : pair_cases) {
      if (std::strcmp(c.name, names[op]) != 0) continue;
      const T a = T(c.a), b = T(c.b);
      T y;
      k.binary_fwd[op][both_vectors](1, &a, &b, &y);
      if (same(y, c.y)) continue;
      std::printf("FAILED   %s %s(%g, %g) = %.9g, expected %g\n", type, c.name, c.a, c.b, double(y), c.y);
      failed++;
    }
  return failed;
}

}  // namespace

int check_special(const Level& level) {
  return unary(level.f32.elementwise, "float32", UnaryOps{}) +
         unary(level.f64.elementwise, "float64", UnaryOps{}) +
         binary(level.f32.elementwise, "float32", BinaryOps{}) +
         binary(level.f64.elementwise, "float64", BinaryOps{});
}

}  // namespace nncore::math_test
