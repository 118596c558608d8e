#include "reference.h"

namespace nncore::math_test {
namespace {

template <class F>
constexpr Reference row(const char* name, F, double s0 = 0, double s1 = 0) {
  return {name,
          [](double x, const double* s) { return F{}(x, s); },
          [](long double x, const double* s) { return F{}(x, s); },
          {s0, s1}};
}
template <class F>
constexpr PairReference pair(const char* name, F) {
  return {name, [](double a, double b) { return F{}(a, b); },
          [](long double a, long double b) { return F{}(a, b); }};
}

template <class R>
constexpr R root_half = R(0.70710678118654752440084436210484903928L);
template <class R>
constexpr R infinity = std::numeric_limits<R>::infinity();

template <class R>
R clip(R x, double low, double high) {
  return x < R(low) ? R(low) : x > R(high) ? R(high) : x;
}
template <class R>
R log1p_exp(R x) {
  return x > 0 ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x));
}
// x - tanh(x): near 0 the sum of 2^2n (2^2n - 1) B_2n / (2n)! x^(2n - 1), as Lambert's continued fraction
template <class R>
R tanhshrink(R x) {
  if (std::fabs(x) > 1) return x - std::tanh(x);
  const R u = x * x;
  R f = 41;
  for (int k = 39; k >= 5; k -= 2) f = R(k) + u / f;
  return x * u / (R(3) + u / f) / (R(1) + u / (R(3) + u / f));
}
template <class R>
R modulo(R a, R b) {
  const R m = std::fmod(a, b);
  return m != 0 && (m < 0) != (b < 0) ? m + b : m;
}
template <class R>
R gelu_tanh(R x) {
  if (std::isinf(x)) return x > 0 ? x : R(0);
  const R v = 2 * std::sqrt(2 / R(3.14159265358979323846264338327950288L)) * (x + R(0.044715L) * x * x * x);
  return x / (1 + std::exp(-v));
}

}  // namespace

const Reference references[] = {
    row("neg", [](auto x, auto) { return -x; }),
    row("abs", [](auto x, auto) { return std::fabs(x); }),
    row("sign", [](auto x, auto) { return x > 0   ? decltype(x)(1)
                                          : x < 0 ? decltype(x)(-1)
                                                  : x; }),
    row("exp", [](auto x, auto) { return std::exp(x); }),
    row("exp2", [](auto x, auto) { return std::exp2(x); }),
    row("expm1", [](auto x, auto) { return std::expm1(x); }),
    row("log", [](auto x, auto) { return std::log(x); }),
    row("log1p", [](auto x, auto) { return std::log1p(x); }),
    row("log2", [](auto x, auto) { return std::log2(x); }),
    row("log10", [](auto x, auto) { return std::log10(x); }),
    row("sqrt", [](auto x, auto) { return std::sqrt(x); }),
    row("rsqrt", [](auto x, auto) { return 1 / std::sqrt(x); }),
    row("reciprocal", [](auto x, auto) { return 1 / x; }),
    row("square", [](auto x, auto) { return x * x; }),
    row("floor", [](auto x, auto) { return std::floor(x); }),
    row("ceil", [](auto x, auto) { return std::ceil(x); }),
    row("round", [](auto x, auto) { return std::nearbyint(x); }),
    row("trunc", [](auto x, auto) { return std::trunc(x); }),
    row("sin", [](auto x, auto) { return std::sin(x); }),
    row("cos", [](auto x, auto) { return std::cos(x); }),
    row("tan", [](auto x, auto) { return std::tan(x); }),
    row("asin", [](auto x, auto) { return std::asin(x); }),
    row("acos", [](auto x, auto) { return std::acos(x); }),
    row("atan", [](auto x, auto) { return std::atan(x); }),
    row("sinh", [](auto x, auto) { return std::sinh(x); }),
    row("cosh", [](auto x, auto) { return std::cosh(x); }),
    row("asinh", [](auto x, auto) { return std::asinh(x); }),
    row("acosh", [](auto x, auto) { return std::acosh(x); }),
    row("atanh", [](auto x, auto) { return std::atanh(x); }),
    row("erf", [](auto x, auto) { return std::erf(x); }),
    row("erfc", [](auto x, auto) { return std::erfc(x); }),
    row("tanh", [](auto x, auto) { return std::tanh(x); }),
    row("sigmoid",
        [](auto x, auto) { return x < 0 ? std::exp(x) / (1 + std::exp(x)) : 1 / (1 + std::exp(-x)); }),
    row("relu", [](auto x, auto) { return x < 0 ? decltype(x)(0) : x; }),
    row("relu6", [](auto x, auto) { return clip(x, 0, 6); }),
    row(
        "leaky_relu", [](auto x, auto s) { return x > 0 ? x : x * decltype(x)(s[0]); }, 0.25),
    row(
        "elu", [](auto x, auto s) { return x > 0 ? x : decltype(x)(s[0]) * std::expm1(x); }, 1),
    row("selu",
        [](auto x, auto) {
          constexpr auto scale = decltype(x)(1.0507009873554804934193349852946L);
          constexpr auto alpha = decltype(x)(1.6732632423543772848170429916717L);
          return x > 0 ? scale * x : scale * alpha * std::expm1(x);
        }),
    row(
        "celu",
        [](auto x, auto s) { return x > 0 ? x : decltype(x)(s[0]) * std::expm1(x / decltype(x)(s[0])); }, 1),
    row("gelu",
        [](auto x, auto) {
          using R = decltype(x);
          return x == -infinity<R> ? R(0) : x * (std::erfc(-x * root_half<R>) / 2);
        }),
    row("gelu_tanh", [](auto x, auto) { return gelu_tanh(x); }),
    row("silu",
        [](auto x, auto) {
          using R = decltype(x);
          return x == -infinity<R> ? R(0)
                 : x < 0           ? x * std::exp(x) / (1 + std::exp(x))
                                   : x / (1 + std::exp(-x));
        }),
    row("mish",
        [](auto x, auto) {
          using R = decltype(x);
          return x == -infinity<R> ? R(0) : x * std::tanh(log1p_exp(x));
        }),
    row(
        "softplus", [](auto x, auto s) { return x > decltype(x)(s[1]) ? x : log1p_exp(x); }, 1, 20),
    row("softsign",
        [](auto x, auto) {
          return std::isinf(x) ? std::copysign(decltype(x)(1), x) : x / (1 + std::fabs(x));
        }),
    row("tanhshrink", [](auto x, auto) { return tanhshrink(x); }),
    row("logsigmoid", [](auto x, auto) { return -log1p_exp(-x); }),
    row(
        "hardtanh", [](auto x, auto s) { return clip(x, s[0], s[1]); }, -1, 1),
    row("hardsigmoid", [](auto x, auto) { return clip(x + 3, 0, 6) / 6; }),
    row("hardswish",
        [](auto x, auto) { return x < -3  ? decltype(x)(0)
                                  : x > 3 ? x
                                          : x * clip(x + 3, 0, 6) / 6; }),
    row(
        "threshold", [](auto x, auto s) { return x <= s[0] ? decltype(x)(s[1]) : x; }, 0.5, -2),
    row(
        "add_scalar", [](auto x, auto s) { return x + s[0]; }, 0.75),
    row(
        "sub_scalar", [](auto x, auto s) { return x - s[0]; }, 0.75),
    row(
        "rsub_scalar", [](auto x, auto s) { return s[0] - x; }, 0.75),
    row(
        "mul_scalar", [](auto x, auto s) { return x * s[0]; }, 0.75),
    row(
        "div_scalar", [](auto x, auto s) { return x / s[0]; }, 0.75),
    row(
        "rdiv_scalar", [](auto x, auto s) { return s[0] / x; }, 0.75),
    row(
        "pow_scalar", [](auto x, auto s) { return std::pow(x, decltype(x)(s[0])); }, 3),
    row(
        "rpow_scalar", [](auto x, auto s) { return std::pow(decltype(x)(s[0]), x); }, 0.75),
    row(
        "clamp", [](auto x, auto s) { return clip(x, s[0], s[1]); }, -2, 3),
};
const int reference_count = int(sizeof references / sizeof *references);

const Reference* find_reference(const char* name) {
  for (const Reference& r : references)
    if (std::strcmp(r.name, name) == 0) return &r;
  return nullptr;
}

const PairReference pair_references[] = {
    pair("add", [](auto a, auto b) { return a + b; }),
    pair("sub", [](auto a, auto b) { return a - b; }),
    pair("mul", [](auto a, auto b) { return a * b; }),
    pair("div", [](auto a, auto b) { return a / b; }),
    pair("pow", [](auto a, auto b) { return std::pow(a, b); }),
    pair("maximum", [](auto a, auto b) { return a != a   ? a
                                                : b != b ? b
                                                : a > b  ? a
                                                         : b; }),
    pair("minimum", [](auto a, auto b) { return a != a   ? a
                                                : b != b ? b
                                                : a < b  ? a
                                                         : b; }),
    pair("fmod", [](auto a, auto b) { return std::fmod(a, b); }),
    pair("remainder", [](auto a, auto b) { return modulo(a, b); }),
    pair("floor_divide",
         [](auto a, auto b) {
           const auto m = std::fmod(a, b);
           return b == 0 ? a / b : std::nearbyint((a - m) / b) - (m != 0 && (m < 0) != (b < 0));
         }),
    pair("atan2", [](auto a, auto b) { return std::atan2(a, b); }),
    pair("prelu", [](auto a, auto b) { return a > 0 ? a : b * a; }),
};
const PairReference* find_pair_reference(const char* name) {
  for (const PairReference& r : pair_references)
    if (std::strcmp(r.name, name) == 0) return &r;
  return nullptr;
}

}  // namespace nncore::math_test
