// Smooth activations of torch.nn.functional, most of them computed with exponentials.
#pragma once

namespace formulas {

struct Tanh : Formula {
  static constexpr const char *name = "tanh", *formula = "(e^x - e^-x) / (e^x + e^-x)",
                              *derivative = "1 - y^2";
  static constexpr Needs needs = Needs::y;
  static constexpr double ulp = 2;
  static constexpr Layer layer = {.name = "Tanh"};
  static constexpr Example example = {"[-1.0, 0.0]", "[-0.7616,  0.    ]"};
  template <class V>
  static constexpr V fwd(V x, const V*) {
    return tanh(x);
  }
  template <class V>
  static constexpr V bwd(V, V y, V dy, const V*) {
    return dy * fma(-y, y, V(1));
  }
};

struct Sigmoid : Formula {
  static constexpr const char *name = "sigmoid", *formula = "1 / (1 + e^-x)", *derivative = "y (1 - y)";
  static constexpr Needs needs = Needs::y;
  static constexpr double ulp = 2;
  static constexpr Layer layer = {.name = "Sigmoid"};
  static constexpr Example example = {"[-1.0, 0.0]", "[0.2689, 0.5   ]"};
  static constexpr const char* source = "Rumelhart, Hinton and Williams 1986, eq. 2";
  template <class V>
  static constexpr V fwd(V x, const V*) {
    return sigmoid(x);
  }
  template <class V>
  static constexpr V bwd(V, V y, V dy, const V*) {
    return dy * (y * (V(1) - y));
  }
};

struct Elu : Formula {
  static constexpr const char *name = "elu", *formula = "x where x > 0, else alpha (e^x - 1)",
                              *derivative = "1 where x > 0, else alpha e^x";
  static constexpr Needs needs = Needs::x;
  static constexpr Scalar scalars[] = {{"alpha", 1}};
  static constexpr double ulp = 2;
  static constexpr Layer layer = {.name = "ELU", .inplace = true};
  static constexpr Example example = {"[-1.0, 2.0]", "[-0.6321,  2.    ]"};
  static constexpr const char* source = "Clevert, Unterthiner and Hochreiter 2015";
  template <class V>
  static constexpr V fwd(V x, const V* s) {
    return select(x > V(0), x, s[0] * expm1(x));
  }
  template <class V>
  static constexpr V bwd(V x, V, V dy, const V* s) {
    return select(x > V(0), dy, dy * (s[0] * exp(x)));
  }
};

struct Selu : Formula {
  static constexpr const char *name = "selu", *formula = "scale x where x > 0, else scale alpha (e^x - 1)",
                              *derivative = "scale where x > 0, else scale alpha e^x";
  static constexpr Needs needs = Needs::x;
  static constexpr double ulp = 3;
  static constexpr Layer layer = {.name = "SELU", .inplace = true};
  static constexpr Example example = {"[-1.0, 2.0]", "[-1.1113,  2.1014]"};
  static constexpr const char* source = "Klambauer et al. 2017";
  static constexpr double scale = 1.0507009873554804934193349852946,
                          alpha = 1.6732632423543772848170429916717;
  template <class V, class T = typename V::Scalar>
  static constexpr V fwd(V x, const V*) {
    return select(x > V(0), V(T(scale)) * x, V(T(scale * alpha)) * expm1(x));
  }
  template <class V, class T = typename V::Scalar>
  static constexpr V bwd(V x, V, V dy, const V*) {
    return select(x > V(0), V(T(scale)) * dy, dy * (V(T(scale * alpha)) * exp(x)));
  }
};

struct Celu : Formula {
  static constexpr const char *name = "celu", *formula = "x where x > 0, else alpha (e^(x / alpha) - 1)",
                              *derivative = "1 where x > 0, else e^(x / alpha)";
  static constexpr Needs needs = Needs::x;
  static constexpr Scalar scalars[] = {{"alpha", 1}};
  static constexpr double ulp = 2;
  static constexpr Layer layer = {.name = "CELU", .inplace = true};
  static constexpr Example example = {"[-1.0, 2.0]", "[-0.7869,  2.    ]", "2.0"};
  static constexpr const char* source = "Barron 2017";
  static constexpr const char* refuses(const double* s) {
    return s[0] == 0 ? "alpha must not be 0; relu is the limit" : nullptr;
  }
  template <class V>
  static constexpr V fwd(V x, const V* s) {
    return select(x > V(0), x, s[0] * expm1(x * (V(1) / s[0])));
  }
  template <class V>
  static constexpr V bwd(V x, V, V dy, const V* s) {
    return select(x > V(0), dy, dy * exp(x * (V(1) / s[0])));
  }
};

struct Gelu : Formula {  // Hendrycks & Gimpel 2016; max(0, x) - |x| Phi(-|x|) avoids cancellation
  static constexpr const char *name = "gelu", *formula = "x Phi(x), Phi the normal distribution function",
                              *derivative = "Phi(x) + x phi(x), phi the normal density";
  static constexpr Needs needs = Needs::x;
  static constexpr double ulp = 7;
  template <class V>
  static constexpr V fwd(V x, const V*) {
    const NormalTail<V> tail = normal_tail(x);
    return fma(-tail.t * tail.density, tail.ratio, max(V(0), x));
  }
  template <class V, class T = typename V::Scalar>
  static constexpr V bwd(V x, V, V dy, const V*) {
    const NormalTail<V> tail = normal_tail(x);
    const V left = tail.density * fma(tail.t, V(T(-0.3989422804014327)), tail.ratio);  // the derivative at -t
    return dy * select(x < V(0), left, V(1) - left);
  }
};

struct GeluTanh : Formula {  // x sigmoid(2 u)
  static constexpr const char
      *name = "gelu_tanh",
      *formula = "x (1 + tanh u) / 2, u = sqrt(2 / pi) (x + 0.044715 x^3)",
      *derivative = "(1 + tanh u) / 2 + x (1 - tanh(u)^2) / 2 * sqrt(2 / pi) (1 + 0.134145 x^2)";
  static constexpr Needs needs = Needs::x;
  static constexpr double ulp = 2.5;
  // 2 u = x (slope + cubic x^2) in two words, because its absolute error is a relative error of y.
  template <class V, class T = typename V::Scalar>
  static constexpr DoubleWord<V> twice_u(V x) {
    constexpr bool f = is_float<V>;
    constexpr T slope = T(f ? 1.5957691669464111 : 1.5957691216057308);
    constexpr T slope_lo = T(f ? -4.534068054340423e-08 : -9.96930880911092e-17);
    constexpr T cubic = T(f ? 0.07135481387376785 : 0.07135481627260025);
    constexpr T cubic_lo = T(f ? 2.3988324659995897e-09 : -6.175149918155315e-19);
    const V square = x * x, square_lo = fma(x, x, -square);
    const V p = square * V(cubic);
    const V p_lo = fma(square, V(cubic_lo), fma(square_lo, V(cubic), fma(square, V(cubic), -p)));
    const V w = V(slope) + p, w_slope = w - p;
    const V w_lo = ((V(slope) - w_slope) + (p - (w - w_slope))) + (p_lo + V(slope_lo));
    const V u = x * w;
    return {u, fma(x, w_lo, fma(x, w, -u))};
  }
  // 2^-v = 2^n 2^r, v = 2 u log2(e) = x (a + b x^2). The mantissa of a is short enough to make w - a exact.
  template <class V>
  static constexpr V fwd_float(V x) {
    const V a(0x1.26aecp+1f), a_lo(0x1.0de73ap-22f), b(0x1.a5a7dp-4f), b_lo(-0x1.151aaep-29f);
    const V square = x * x, square_lo = fma(x, x, -square);
    const V w = fma(b, square, a);
    const V w_lo = fma(b, square, a - w) + fma(b, square_lo, fma(b_lo, square, a_lo));
    const V shift(magic<V> + bias<V>), t = fma(-x, w, shift);
    const V r = fma(-x, w_lo, fma(-x, w, shift - t)), power = power_of_two(t);
    return x / (fma(power * r, exp2_slope(r), V(1)) + power);
  }
  template <class V, class T = typename V::Scalar>
  static constexpr V fwd(V x, const V*) {
    if constexpr (is_float<V>) {
      const auto near = abs(x) <= V(10);
      const V y = fwd_float(x);
      if (all(near)) [[likely]]
        return y;
      return select(near, y, fwd_wide(x));
    } else {
      return fwd_wide(x);
    }
  }
  template <class V, class T = typename V::Scalar>
  static constexpr V fwd_wide(V x) {
    const V edge = V(T(is_float<V> ? 12 : 24));
    const DoubleWord<V> u = twice_u(clip(x, -edge, edge));
    return times_sigmoid(max(-edge, x), u.hi, u.lo);
  }
  template <class V, class T = typename V::Scalar>
  static constexpr V bwd(V x, V, V dy, const V*) {
    const V edge = V(T(is_float<V> ? 12 : 24)), c = clip(x, -edge, edge), square = c * c;
    const V slope = fma(square, V(T(3 * 0.071354816272600248)), V(T(1.5957691216057308)));
    const Logistic<V> s = logistic(c * fma(square, V(T(0.071354816272600248)), V(T(1.5957691216057308))));
    return dy * (s.y * fma(c * s.rest, slope, V(1)));
  }
};

struct Silu : Formula {
  static constexpr const char *name = "silu", *formula = "x sigmoid(x)",
                              *derivative = "s (1 + x (1 - s)), s = sigmoid(x)";
  static constexpr Needs needs = Needs::x;
  static constexpr double ulp = 2;
  static constexpr Layer layer = {.name = "SiLU", .inplace = true};
  static constexpr Example example = {"[-1.0, 2.0]", "[-0.2689,  1.7616]"};
  static constexpr const char* source =
      "Elfwing, Uchibe and Doya 2017; Ramachandran, Zoph and Le 2017 (\"Swish\")";
  template <class V>
  static constexpr V fwd(V x, const V*) {
    return silu(x);
  }
  template <class V, class T = typename V::Scalar>
  static constexpr V bwd(V x, V, V dy, const V*) {
    constexpr T edge = T(is_float<V> ? 100 : 750);
    const Logistic<V> s = logistic(x);
    return dy * (s.y * fma(clip(x, V(-edge), V(edge)), s.rest, V(1)));
  }
};

struct Mish : Formula {  // tanh(softplus x) = q / (q + r) with e = e^-|x|
  static constexpr const char *name = "mish", *formula = "x tanh(softplus(x))",
                              *derivative = "w + x (1 - w^2) sigmoid(x), w = tanh(softplus(x))";
  static constexpr Needs needs = Needs::x;
  static constexpr double ulp = 4;
  static constexpr Layer layer = {.name = "Mish", .inplace = true};
  static constexpr Example example = {"[-1.0, 2.0]", "[-0.3034,  1.944 ]"};
  static constexpr const char* source = "Misra 2019";
  template <class V>
  struct Parts {
    V q, r, e;
  };
  template <class V>
  static constexpr Parts<V> parts(V x, V e) {
    const auto left = x < V(0);
    const V twice = e + e;
    return {select(left, fma(e, e, twice), twice + V(1)), select(left, V(2), twice * e), e};
  }
  template <class V, class T = typename V::Scalar>
  static constexpr V fwd(V x, const V*) {
    const V edge = V(T(is_float<V> ? -110 : -780));
    const ExpParts<V> e = split_exp(max(edge, -abs(x)));
    const WidePower<V> w = wide_power(e.t);
    const Parts<V> p = parts(x, exp_core(e.r) * w.power);
    return max(edge, x) * (p.q / (p.q + p.r)) * select(x < V(0), w.rest, V(1));
  }
  template <class V, class T = typename V::Scalar>
  static constexpr V bwd(V x, V, V dy, const V*) {
    constexpr T edge = T(is_float<V> ? 100 : 750);
    const Parts<V> p = parts(x, exp_down(-abs(x)));
    const V inverse = V(1) / (p.q + p.r);
    const V w = p.q * inverse;
    const V rest = p.r * inverse * (V(1) + w);  // 1 - w^2
    const V sigma = select(x < V(0), p.e, V(1)) / (V(1) + p.e);
    return dy * fma(clip(x, V(-edge), V(edge)) * rest, sigma, w);
  }
};

struct Softplus : Formula {
  static constexpr const char *name = "softplus",
                              *formula = "ln(1 + e^(beta x)) / beta, x where beta x > threshold",
                              *derivative = "sigmoid(beta x), 1 where beta x > threshold";
  static constexpr Needs needs = Needs::x;
  static constexpr Scalar scalars[] = {{"beta", 1}, {"threshold", 20}};
  static constexpr double ulp = 2.5;
  static constexpr Layer layer = {.name = "Softplus"};
  static constexpr Example example = {"[-1.0, 0.0]", "[0.3133, 0.6931]"};
  static constexpr const char* source = "Dugas et al. 2001";
  static constexpr const char* refuses(const double* s) {
    return s[0] > 0 ? nullptr : "beta must be above 0";
  }
  template <class V>
  static constexpr V fwd(V x, const V* s) {
    const V t = x * s[0], y = softplus(t) * (V(1) / s[0]);
    if (all(t <= s[1])) [[likely]]
      return y;
    return select(t > s[1], x, y);
  }
  template <class V>
  static constexpr V bwd(V x, V, V dy, const V* s) {
    const V t = x * s[0];
    return select(t > s[1], dy, dy * sigmoid(t));
  }
};

struct Softsign : Formula {
  static constexpr const char *name = "softsign", *formula = "x / (1 + |x|)", *derivative = "1 / (1 + |x|)^2";
  static constexpr Needs needs = Needs::x;
  static constexpr double ulp = 1.5;
  static constexpr Layer layer = {.name = "Softsign"};
  static constexpr Example example = {"[-1.0, 3.0]", "[-0.5 ,  0.75]"};
  static constexpr const char* source = "Bergstra et al. 2009";
  template <class V, class T = typename V::Scalar>
  static constexpr V fwd(V x, const V*) {
    constexpr T largest = T(is_float<V> ? 0x1p127 : 0x1p1023);
    const V a = min(V(largest), abs(x));
    return copysign(a / (V(1) + a), x);
  }
  template <class V>
  static constexpr V bwd(V x, V, V dy, const V*) {
    const V d = V(1) / (V(1) + abs(x));
    return dy * d * d;
  }
};

struct Tanhshrink : Formula {  // x^3 (1/3 + x^2 P(x^2)) for |x| < 1.5 (1.25), accurate to 2^-25 (2^-53.6)
  static constexpr const char *name = "tanhshrink", *formula = "x - tanh(x)", *derivative = "tanh(x)^2";
  static constexpr Needs needs = Needs::x;
  static constexpr double ulp = 3.5;
  static constexpr Layer layer = {.name = "Tanhshrink"};
  static constexpr Example example = {"[-1.0, 2.0]", "[-0.2384,  1.036 ]"};
  template <class V, class T = typename V::Scalar>
  static constexpr V fwd(V x, const V*) {
    constexpr T edge = T(is_float<V> ? 1.5 : 1.25);
    const V u = min(V(edge * edge), x * x);
    V p;
    if constexpr (is_float<V>)
      p = V(0.333333343f) + polynomial(u, -9.934108e-9, -0.133332878, 0.0539599098, -0.0218158476,
                                       0.00868991204, -0.00326344371, 0.00105663983, -0.000259663328,
                                       4.08817104e-5, -2.99672138e-6);
    else
      p = polynomial(u, 0.33333333333333331, -0.1333333333333242, 0.053968253967600958, -0.021869488517916147,
                     0.0088632352616955477, -0.0035921256316660266, 0.001455820051215917,
                     -0.00058996736554635615, 0.00023894526852590638, -9.6493372858584827e-5,
                     3.8537656986585815e-5, -1.4910886284660148e-5, 5.3761133834359653e-6,
                     -1.7055762173844823e-6, 4.4264993309393911e-7, -8.5706226356979772e-8,
                     1.0784276712651813e-8, -6.5267663821219457e-10);
    return select(abs(x) < V(edge), x * u * p, x - tanh(x));
  }
  template <class V>
  static constexpr V bwd(V x, V, V dy, const V*) {
    const V y = tanh(x);
    return dy * y * y;
  }
};

struct Logsigmoid : Formula {
  static constexpr const char *name = "logsigmoid", *formula = "-ln(1 + e^-x)", *derivative = "sigmoid(-x)";
  static constexpr Needs needs = Needs::x;
  static constexpr double ulp = 2.5;
  static constexpr Layer layer = {.name = "LogSigmoid"};
  static constexpr Example example = {"[-1.0, 0.0]", "[-1.3133, -0.6931]"};
  template <class V>
  static constexpr V fwd(V x, const V*) {
    return V(0) - softplus(-x);
  }
  template <class V>
  static constexpr V bwd(V x, V, V dy, const V*) {
    return dy * sigmoid(-x);
  }
};

}  // namespace formulas
