// Activations of torch.nn.functional.
#pragma once

namespace formulas {

struct Tanh : NoScalars {
  static constexpr const char *name = "tanh", *formula = "(e^x - e^-x) / (e^x + e^-x)",
                              *derivative = "1 - y^2";
  static constexpr Needs needs = Needs::y;
  static constexpr double ulp = 2;
  template <class V>
  static V fwd(V x, const V*) {
    return tanh(x);
  }
  template <class V>
  static V bwd(V, V y, V dy, const V*) {
    return dy * fma(-y, y, V(1));
  }
};

struct Sigmoid : NoScalars {
  static constexpr const char *name = "sigmoid", *formula = "1 / (1 + e^-x)", *derivative = "y (1 - y)";
  static constexpr Needs needs = Needs::y;
  static constexpr double ulp = 2;
  template <class V>
  static V fwd(V x, const V*) {
    return sigmoid(x);
  }
  template <class V>
  static V bwd(V, V y, V dy, const V*) {
    return dy * (y * (V(1) - y));
  }
};

struct Relu : NoScalars {
  static constexpr const char *name = "relu", *formula = "max(x, 0)", *derivative = "1 where y > 0, else 0";
  static constexpr Needs needs = Needs::y;
  static constexpr double ulp = 0;
  template <class V>
  static V fwd(V x, const V*) {
    return max(V(0), x);
  }
  template <class V>
  static V bwd(V, V y, V dy, const V*) {
    return select(y <= V(0), V(0), dy);
  }
};

struct Relu6 : NoScalars {
  static constexpr const char *name = "relu6", *formula = "min(max(x, 0), 6)",
                              *derivative = "1 where 0 < y < 6, else 0";
  static constexpr Needs needs = Needs::y;
  static constexpr double ulp = 0;
  template <class V>
  static V fwd(V x, const V*) {
    return clip(x, V(0), V(6));
  }
  template <class V>
  static V bwd(V, V y, V dy, const V*) {
    return select((y <= V(0)) | (V(6) <= y), V(0), dy);
  }
};

struct LeakyRelu {
  static constexpr const char *name = "leaky_relu", *formula = "x where x > 0, else negative_slope x",
                              *derivative = "1 where x > 0, else negative_slope";
  static constexpr Needs needs = Needs::x;
  static constexpr Scalar scalars[] = {{"negative_slope", 0.01}};
  static constexpr double ulp = 0.5;
  template <class V>
  static V fwd(V x, const V* s) {
    return select(x > V(0), x, x * s[0]);
  }
  template <class V>
  static V bwd(V x, V, V dy, const V* s) {
    return select(x > V(0), dy, dy * s[0]);
  }
};

struct Elu {
  static constexpr const char *name = "elu", *formula = "x where x > 0, else alpha (e^x - 1)",
                              *derivative = "1 where x > 0, else alpha e^x";
  static constexpr Needs needs = Needs::x;
  static constexpr Scalar scalars[] = {{"alpha", 1}};
  static constexpr double ulp = 2;
  template <class V>
  static V fwd(V x, const V* s) {
    return select(x <= V(0), s[0] * expm1(x), x);
  }
  template <class V>
  static V bwd(V x, V, V dy, const V* s) {
    return select(x <= V(0), dy * (s[0] * exp(x)), dy);
  }
};

struct Selu : NoScalars {  // Klambauer et al. 2017
  static constexpr const char *name = "selu", *formula = "scale x where x > 0, else scale alpha (e^x - 1)",
                              *derivative = "scale where x > 0, else scale alpha e^x";
  static constexpr Needs needs = Needs::x;
  static constexpr double ulp = 3;
  static constexpr double scale = 1.0507009873554804934193349852946,
                          alpha = 1.6732632423543772848170429916717;
  template <class V, class T = typename V::Scalar>
  static V fwd(V x, const V*) {
    return select(x <= V(0), V(T(scale * alpha)) * expm1(x), V(T(scale)) * x);
  }
  template <class V, class T = typename V::Scalar>
  static V bwd(V x, V, V dy, const V*) {
    return select(x <= V(0), dy * (V(T(scale * alpha)) * exp(x)), V(T(scale)) * dy);
  }
};

struct Celu {  // Barron 2017
  static constexpr const char *name = "celu", *formula = "x where x > 0, else alpha (e^(x / alpha) - 1)",
                              *derivative = "1 where x > 0, else e^(x / alpha)";
  static constexpr Needs needs = Needs::x;
  static constexpr Scalar scalars[] = {{"alpha", 1}};
  static constexpr double ulp = 2;
  template <class V>
  static V fwd(V x, const V* s) {
    return select(x <= V(0), s[0] * expm1(x / s[0]), x);
  }
  template <class V>
  static V bwd(V x, V, V dy, const V* s) {
    return select(x <= V(0), dy * exp(x / s[0]), dy);
  }
};

struct Gelu : NoScalars {  // Hendrycks & Gimpel 2016; with t = |x|: max(x, 0) - t Phi(-t)
  static constexpr const char *name = "gelu", *formula = "x Phi(x), Phi the normal distribution function",
                              *derivative = "Phi(x) + x phi(x), phi the normal density";
  static constexpr Needs needs = Needs::x;
  static constexpr double ulp = 4;
  template <class V, class T = typename V::Scalar>
  static V fwd(V x, const V*) {
    const V t = abs(x);
    const NormalTail<V> tail = normal_tail(t);
    const V part = (min(V(T(is_float<V> ? 13.5 : 38.5)), t) * tail.ratio) * tail.density;
    return select(x == V(0), x, max(V(0), x) - part);
  }
  template <class V, class T = typename V::Scalar>
  static V bwd(V x, V, V dy, const V*) {
    const V t = min(V(T(is_float<V> ? 13.5 : 38.5)), abs(x));
    const NormalTail<V> tail = normal_tail(t);
    const V left = tail.density * fma(t, V(T(-0.3989422804014327)), tail.ratio);  // the derivative at -t
    return dy * select(x < V(0), left, V(1) - left);
  }
};

struct GeluTanh : NoScalars {  // x sigmoid(2 u)
  static constexpr const char
      *name = "gelu_tanh",
      *formula = "x (1 + tanh u) / 2, u = sqrt(2 / pi) (x + 0.044715 x^3)",
      *derivative = "(1 + tanh u) / 2 + x (1 - tanh(u)^2) / 2 * sqrt(2 / pi) (1 + 0.134145 x^2)";
  static constexpr Needs needs = Needs::x;
  static constexpr double ulp = 64;
  static constexpr double slope = 1.5957691216057308,
                          cubic = 0.071354816272600252;  // 2 sqrt(2/pi), 0.044715 of it
  template <class V, class T = typename V::Scalar>
  static V fwd(V x, const V*) {
    constexpr T edge = T(is_float<V> ? 12 : 24);
    const V c = clip(x, V(-edge), V(edge));
    const V twice = c * fma(c * c, V(T(cubic)), V(T(slope)));
    return max(V(-edge), x) * sigmoid(twice);
  }
  template <class V, class T = typename V::Scalar>
  static V bwd(V x, V, V dy, const V*) {
    constexpr T edge = T(is_float<V> ? 12 : 24);
    const V c = clip(x, V(-edge), V(edge));
    const V square = c * c;
    const V half = sigmoid(c * fma(square, V(T(cubic)), V(T(slope))));
    return dy * (half * fma(c * (V(1) - half), fma(square, V(T(3 * cubic)), V(T(slope))), V(1)));
  }
};

struct Silu : NoScalars {
  static constexpr const char *name = "silu", *formula = "x sigmoid(x)",
                              *derivative = "s (1 + x (1 - s)), s = sigmoid(x)";
  static constexpr Needs needs = Needs::x;
  static constexpr double ulp = 3;
  template <class V>
  static V fwd(V x, const V*) {
    return silu(x);
  }
  template <class V, class T = typename V::Scalar>
  static V bwd(V x, V, V dy, const V*) {
    constexpr T edge = T(is_float<V> ? 100 : 750);
    const V s = sigmoid(x);
    return dy * (s * fma(clip(x, V(-edge), V(edge)), V(1) - s, V(1)));
  }
};

struct Mish : NoScalars {  // Misra 2019; with e = e^-|x|, tanh(softplus x) = q / (q + r)
  static constexpr const char *name = "mish", *formula = "x tanh(softplus(x))",
                              *derivative = "w + x (1 - w^2) sigmoid(x), w = tanh(softplus(x))";
  static constexpr Needs needs = Needs::x;
  static constexpr double ulp = 4;
  template <class V>
  struct Parts {
    V q, r, e;
  };
  template <class V>
  static Parts<V> parts(V x) {
    const V e = exp(-abs(x));
    const auto left = x < V(0);
    const V q = select(left, e * (e + V(2)), fma(V(2), e, V(1)));
    const V r = select(left, V(2), V(2) * e * e);
    return {q, r, e};
  }
  template <class V, class T = typename V::Scalar>
  static V fwd(V x, const V*) {
    const Parts<V> p = parts(x);
    return max(V(T(is_float<V> ? -100 : -750)), x) * (p.q / (p.q + p.r));
  }
  template <class V, class T = typename V::Scalar>
  static V bwd(V x, V, V dy, const V*) {
    constexpr T edge = T(is_float<V> ? 100 : 750);
    const Parts<V> p = parts(x);
    const V inverse = V(1) / (p.q + p.r);
    const V w = p.q * inverse;
    const V rest = p.r * inverse * (V(1) + w);  // 1 - w^2
    const V sigma = select(x < V(0), p.e, V(1)) / (V(1) + p.e);
    return dy * fma(clip(x, V(-edge), V(edge)) * rest, sigma, w);
  }
};

struct Softplus {
  static constexpr const char *name = "softplus",
                              *formula = "ln(1 + e^(beta x)) / beta, x where beta x > threshold",
                              *derivative = "sigmoid(beta x), 1 where beta x > threshold";
  static constexpr Needs needs = Needs::x;
  static constexpr Scalar scalars[] = {{"beta", 1}, {"threshold", 20}};
  static constexpr double ulp = 3;
  template <class V>
  static V fwd(V x, const V* s) {
    const V t = x * s[0];
    return select(t > s[1], x, (max(V(0), t) + log1p(exp(-abs(t)))) / s[0]);
  }
  template <class V>
  static V bwd(V x, V, V dy, const V* s) {
    const V t = x * s[0];
    return select(t > s[1], dy, dy * sigmoid(t));
  }
};

struct Softsign : NoScalars {
  static constexpr const char *name = "softsign", *formula = "x / (1 + |x|)", *derivative = "1 / (1 + |x|)^2";
  static constexpr Needs needs = Needs::x;
  static constexpr double ulp = 1.5;
  template <class V, class T = typename V::Scalar>
  static V fwd(V x, const V*) {
    constexpr T largest = T(is_float<V> ? 0x1p127 : 0x1p1023);
    const V a = min(V(largest), abs(x));
    return copysign(a / (V(1) + a), x);
  }
  template <class V>
  static V bwd(V x, V, V dy, const V*) {
    const V d = V(1) / (V(1) + abs(x));
    return dy * d * d;
  }
};

struct Tanhshrink : NoScalars {  // x^3 P(x^2) to |x| = 1, right to 2^-25 (2^-54)
  static constexpr const char *name = "tanhshrink", *formula = "x - tanh(x)", *derivative = "tanh(x)^2";
  static constexpr Needs needs = Needs::x;
  static constexpr double ulp = 4;
  template <class V>
  static V fwd(V x, const V*) {
    const V u = min(V(1), x * x);
    V p;
    if constexpr (is_float<V>)
      p = polynomial(u, 0.333333343, -0.13333413, 0.0539785661, -0.021915406, 0.00893258024, -0.00353920204,
                     0.00115841103, -0.00020832564);
    else
      p = polynomial(
          u, 0.33333333333333331, -0.13333333333332467, 0.053968253967578095, -0.021869488515243191,
          0.0088632351890887608, -0.0035921246668955721, 0.0014558124342940071, -0.00058992814187433257,
          0.00023880636146003344, -9.6144380321869721e-5, 3.7905214636812823e-5, -1.4080116180833614e-5,
          4.5900957026359644e-6, -1.1803829339156739e-6, 2.04245174517277e-7, -1.7260258670518623e-8);
    return select(abs(x) < V(1), x * u * p, x - tanh(x));
  }
  template <class V>
  static V bwd(V x, V, V dy, const V*) {
    const V y = tanh(x);
    return dy * y * y;
  }
};

struct Logsigmoid : NoScalars {
  static constexpr const char *name = "logsigmoid", *formula = "-ln(1 + e^-x)", *derivative = "sigmoid(-x)";
  static constexpr Needs needs = Needs::x;
  static constexpr double ulp = 3;
  template <class V>
  static V fwd(V x, const V*) {
    return min(V(0), x) - log1p(exp(-abs(x)));
  }
  template <class V>
  static V bwd(V x, V, V dy, const V*) {
    return dy * sigmoid(-x);
  }
};

struct Hardtanh {
  static constexpr const char *name = "hardtanh", *formula = "min(max(x, min_val), max_val)",
                              *derivative = "1 where min_val < x < max_val, else 0";
  static constexpr Needs needs = Needs::x;
  static constexpr Scalar scalars[] = {{"min_val", -1}, {"max_val", 1}};
  static constexpr double ulp = 0;
  template <class V>
  static V fwd(V x, const V* s) {
    return clip(x, s[0], s[1]);
  }
  template <class V>
  static V bwd(V x, V, V dy, const V* s) {
    return select((x <= s[0]) | (s[1] <= x), V(0), dy);
  }
};

struct Hardsigmoid : NoScalars {
  static constexpr const char *name = "hardsigmoid", *formula = "min(max(x + 3, 0), 6) / 6",
                              *derivative = "1/6 where -3 < x < 3, else 0";
  static constexpr Needs needs = Needs::x;
  static constexpr double ulp = 1.5;
  template <class V>
  static V fwd(V x, const V*) {
    return clip(x + V(3), V(0), V(6)) / V(6);
  }
  template <class V>
  static V bwd(V x, V, V dy, const V*) {
    return select((V(-3) < x) & (x < V(3)), dy / V(6), V(0));
  }
};

struct Hardswish : NoScalars {
  static constexpr const char *name = "hardswish", *formula = "x min(max(x + 3, 0), 6) / 6",
                              *derivative = "0 where x <= -3, x / 3 + 1/2 where x < 3, else 1";
  static constexpr Needs needs = Needs::x;
  static constexpr double ulp = 2;
  template <class V>
  static V fwd(V x, const V*) {
    return max(V(-3), x) * (clip(x + V(3), V(0), V(6)) / V(6));
  }
  template <class V>
  static V bwd(V x, V, V dy, const V*) {
    return select(x <= V(-3), V(0), select(x < V(3), dy * (x / V(3) + V(0.5)), dy));
  }
};

struct Threshold {
  static constexpr const char *name = "threshold", *formula = "x where x > threshold, else value",
                              *derivative = "1 where x > threshold, else 0";
  static constexpr Needs needs = Needs::x;
  static constexpr Scalar scalars[] = {{"threshold", required}, {"value", required}};
  static constexpr double ulp = 0;
  template <class V>
  static V fwd(V x, const V* s) {
    return select(x <= s[0], s[1], x);
  }
  template <class V>
  static V bwd(V x, V, V dy, const V* s) {
    return select(x <= s[0], V(0), dy);
  }
};

}  // namespace formulas
