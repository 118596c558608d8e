// Powers, roots, exponentials, logarithms, circular functions, rounding.
#pragma once

namespace formulas {

struct Neg : Formula {
  static constexpr const char *name = "neg", *formula = "-x", *derivative = "-1";
  static constexpr Needs needs = Needs::none;
  static constexpr double ulp = 0;
  template <class V>
  static constexpr V fwd(V x, const V*) {
    return -x;
  }
  template <class V>
  static constexpr V bwd(V, V, V dy, const V*) {
    return -dy;
  }
};

struct Abs : Formula {
  static constexpr const char *name = "abs", *formula = "|x|", *derivative = "sign(x), 0 at 0";
  static constexpr Needs needs = Needs::x;
  static constexpr double ulp = 0;
  template <class V>
  static constexpr V fwd(V x, const V*) {
    return abs(x);
  }
  template <class V>
  static constexpr V bwd(V x, V, V dy, const V*) {
    return select(x == V(0), V(0), bit_xor(dy, bit_and(x, V(-0.0))));
  }
};

struct Sign : Formula {
  static constexpr const char *name = "sign", *formula = "-1, 0 or 1; NaN for NaN", *derivative = "0";
  static constexpr Needs needs = Needs::none;
  static constexpr double ulp = 0;
  template <class V>
  static constexpr V fwd(V x, const V*) {
    return select(x < V(0), V(-1), select(x > V(0), V(1), x));
  }
  template <class V>
  static constexpr V bwd(V, V, V, const V*) {
    return V(0);
  }
};

struct Exp : Formula {
  static constexpr const char *name = "exp", *formula = "e^x", *derivative = "y";
  static constexpr Needs needs = Needs::y;
  static constexpr double ulp = 1;
  template <class V>
  static constexpr V fwd(V x, const V*) {
    return exp(x);
  }
  template <class V>
  static constexpr V bwd(V, V y, V dy, const V*) {
    return dy * y;
  }
};

struct Exp2 : Formula {
  static constexpr const char *name = "exp2", *formula = "2^x", *derivative = "y ln 2";
  static constexpr Needs needs = Needs::y;
  static constexpr double ulp = 1;
  template <class V>
  static constexpr V fwd(V x, const V*) {
    return exp2(x);
  }
  template <class V, class T = typename V::Scalar>
  static constexpr V bwd(V, V y, V dy, const V*) {
    return dy * (y * V(T(0.69314718055994531)));
  }
};

struct Expm1 : Formula {
  static constexpr const char *name = "expm1", *formula = "e^x - 1", *derivative = "y + 1";
  static constexpr Needs needs = Needs::y;
  static constexpr double ulp = 2;
  template <class V>
  static constexpr V fwd(V x, const V*) {
    return expm1(x);
  }
  template <class V>
  static constexpr V bwd(V, V y, V dy, const V*) {
    return dy * (y + V(1));
  }
};

struct Log : Formula {
  static constexpr const char *name = "log", *formula = "ln x", *derivative = "1 / x";
  static constexpr Needs needs = Needs::x;
  static constexpr double ulp = 1;
  template <class V>
  static constexpr V fwd(V x, const V*) {
    return log(x);
  }
  template <class V>
  static constexpr V bwd(V x, V, V dy, const V*) {
    return dy / x;
  }
};

struct Log1p : Formula {
  static constexpr const char *name = "log1p", *formula = "ln(1 + x)", *derivative = "1 / (1 + x)";
  static constexpr Needs needs = Needs::x;
  static constexpr double ulp = 1.75;
  template <class V>
  static constexpr V fwd(V x, const V*) {
    return log1p(x);
  }
  template <class V>
  static constexpr V bwd(V x, V, V dy, const V*) {
    return dy / (x + V(1));
  }
};

// With t the smaller of x and 1 - x, ln((1 - t) / t) = ln(1 + (1 - 2t) / t), which is accurate near x = 1/2.
struct Logit : Formula {
  static constexpr const char *name = "logit",
                              *formula = "ln(x / (1 - x)), x first clamped to [eps, 1 - eps] if eps is given",
                              *derivative = "1 / (x (1 - x)), 0 where x was clamped";
  static constexpr Needs needs = Needs::x;
  static constexpr Scalar scalars[] = {{.name = "eps", .value = -__builtin_inf(), .optional = true}};
  static constexpr double ulp = 2;
  static constexpr Example example = {"[0.5, 0.75, 1.0]", "[0.    , 1.0986,    inf]"};
  static constexpr const char* refuses(const double* s) {
    return s[0] <= 0.5 ? nullptr : "eps must be at most 0.5";
  }
  template <class V>
  static constexpr V fwd(V x, const V* s) {
    const V p = clip(x, s[0], V(1) - s[0]);
    const V t = select(p > V(0.5), V(1) - p, p) + V(0);  // + 0: -0 has the logit of 0
    return copysign(log1p((V(1) - (t + t)) / t), p - V(0.5));
  }
  template <class V, class T = typename V::Scalar>
  static constexpr V bwd(V x, V, V dy, const V* s) {
    const V d = select((x < V(0)) | (x > V(1)), V(T(__builtin_nan(""))), dy / (x * (V(1) - x)));
    return select((x < s[0]) | (x > V(1) - s[0]), V(0), d);
  }
};

struct Log2 : Formula {
  static constexpr const char *name = "log2", *formula = "ln x / ln 2", *derivative = "1 / (x ln 2)";
  static constexpr Needs needs = Needs::x;
  static constexpr double ulp = 1.25;
  template <class V>
  static constexpr V fwd(V x, const V*) {
    return log2(x);
  }
  template <class V, class T = typename V::Scalar>
  static constexpr V bwd(V x, V, V dy, const V*) {
    return dy / x * V(T(1.4426950408889634));
  }
};

struct Log10 : Formula {
  static constexpr const char *name = "log10", *formula = "ln x / ln 10", *derivative = "1 / (x ln 10)";
  static constexpr Needs needs = Needs::x;
  static constexpr double ulp = 1.25;
  template <class V>
  static constexpr V fwd(V x, const V*) {
    return log10(x);
  }
  template <class V, class T = typename V::Scalar>
  static constexpr V bwd(V x, V, V dy, const V*) {
    return dy / x * V(T(0.43429448190325183));
  }
};

struct Sqrt : Formula {
  static constexpr const char *name = "sqrt", *formula = "x^(1/2)", *derivative = "1 / (2 y)";
  static constexpr Needs needs = Needs::y;
  static constexpr double ulp = 0.5;
  template <class V>
  static constexpr V fwd(V x, const V*) {
    return sqrt(x);
  }
  template <class V>
  static constexpr V bwd(V, V y, V dy, const V*) {
    return dy / (y + y);
  }
};

struct Rsqrt : Formula {
  static constexpr const char *name = "rsqrt", *formula = "x^(-1/2)", *derivative = "-y^3 / 2";
  static constexpr Needs needs = Needs::y;
  static constexpr double ulp = 1.5;
  template <class V>
  static constexpr V fwd(V x, const V*) {
    return V(1) / sqrt(x);
  }
  template <class V>
  static constexpr V bwd(V, V y, V dy, const V*) {
    return ((V(-0.5) * dy) * y) * y * y;
  }
};

struct Reciprocal : Formula {
  static constexpr const char *name = "reciprocal", *formula = "1 / x", *derivative = "-y^2";
  static constexpr Needs needs = Needs::y;
  static constexpr double ulp = 0.5;
  template <class V>
  static constexpr V fwd(V x, const V*) {
    return V(1) / x;
  }
  template <class V>
  static constexpr V bwd(V, V y, V dy, const V*) {
    return -dy * (y * y);
  }
};

struct Square : Formula {
  static constexpr const char *name = "square", *formula = "x^2", *derivative = "2 x";
  static constexpr Needs needs = Needs::x;
  static constexpr double ulp = 0.5;
  template <class V>
  static constexpr V fwd(V x, const V*) {
    return x * x;
  }
  template <class V>
  static constexpr V bwd(V x, V, V dy, const V*) {
    return dy * (x + x);
  }
};

// Piecewise constant: the derivative is 0 everywhere.
struct Flat : Formula {
  static constexpr const char* derivative = "0";
  static constexpr Needs needs = Needs::none;
  static constexpr double ulp = 0;
  template <class V>
  static constexpr V bwd(V, V, V, const V*) {
    return V(0);
  }
};

struct Floor : Flat {
  static constexpr const char *name = "floor", *formula = "the largest integer <= x";
  template <class V>
  static constexpr V fwd(V x, const V*) {
    return floor(x);
  }
};

struct Ceil : Flat {
  static constexpr const char *name = "ceil", *formula = "the smallest integer >= x";
  template <class V>
  static constexpr V fwd(V x, const V*) {
    return ceil(x);
  }
};

struct Round : Flat {
  static constexpr const char *name = "round", *formula = "x rounded to the nearest integer, ties to even";
  template <class V>
  static constexpr V fwd(V x, const V*) {
    return round(x);
  }
};

struct Trunc : Flat {
  static constexpr const char *name = "trunc", *formula = "x rounded toward zero";
  template <class V>
  static constexpr V fwd(V x, const V*) {
    return trunc(x);
  }
};

struct Sin : Formula {
  static constexpr const char *name = "sin", *formula = "sin x", *derivative = "cos x";
  static constexpr Needs needs = Needs::x;
  static constexpr double ulp = 1.75;
  template <class V>
  static constexpr V fwd(V x, const V*) {
    return sin(x);
  }
  template <class V>
  static constexpr V bwd(V x, V, V dy, const V*) {
    return dy * cos(x);
  }
};

struct Cos : Formula {
  static constexpr const char *name = "cos", *formula = "cos x", *derivative = "-sin x";
  static constexpr Needs needs = Needs::x;
  static constexpr double ulp = 1.75;
  template <class V>
  static constexpr V fwd(V x, const V*) {
    return cos(x);
  }
  template <class V>
  static constexpr V bwd(V x, V, V dy, const V*) {
    return -dy * sin(x);
  }
};

struct Tan : Formula {
  static constexpr const char *name = "tan", *formula = "tan x", *derivative = "1 + y^2";
  static constexpr Needs needs = Needs::y;
  static constexpr double ulp = 4;
  template <class V>
  static constexpr V fwd(V x, const V*) {
    return tan(x);
  }
  template <class V>
  static constexpr V bwd(V, V y, V dy, const V*) {
    return dy * fma(y, y, V(1));
  }
};

// n is the integer nearest to x, and r = x - n is exact. sin(pi x) = +-sin(pi r), with + for even n.
// The derivative is accurate to 3 ulp for |x| <= 1/2. Elsewhere it has zeros: accurate to 2 ulp of 1 / x.
struct Sinc : Formula {
  static constexpr const char *name = "sinc", *formula = "sin(pi x) / (pi x), 1 at 0",
                              *derivative = "(cos(pi x) - y) / x, 0 at 0";
  static constexpr Needs needs = Needs::both;
  static constexpr double ulp = 2.5;
  static constexpr Example example = {"[0.0, 0.5, 1.0]", "[1.    , 0.6366, 0.    ]"};
  template <class V>
  static constexpr V with_sign_of_parity(V n, V value) {
    const V half = n * V(0.5);
    return select(half == round(half), value, -value);
  }
  template <class V>
  static constexpr V fwd(V x, const V*) {
    const V n = round(x), r = x - n, u = r * r;
    V p;  // sin(pi r) / (pi r), accurate to 2^-35 (2^-61)
    if constexpr (is_float<V>)
      p = polynomial(u, 1, -1.64493406, 0.81174217, -0.190747623, 0.0261162053, -0.00223522408);
    else
      p = polynomial(u, 1, -1.6449340668482263, 0.81174242528333725, -0.19075182412143046,
                     0.026147847804529162, -0.0023460808868205114, 0.00014842780085996793,
                     -6.9720004540026934e-6, 2.4493077257006033e-7);
    return select(n == V(0), p, with_sign_of_parity(n, r / x * p) + V(0));  // + 0: never -0
  }
  template <class V>
  static constexpr V bwd(V x, V y, V dy, const V*) {
    const V n = round(x), r = x - n, u = r * r;
    // c = cos(pi r), accurate to 2^-32 (2^-67); q = (derivative at r) / r, accurate to 2^-37 (2^-64)
    V c, q;
    if constexpr (is_float<V>) {
      c = polynomial(u, 1, -4.93480214, 4.05870916, -1.33521206, 0.234937559, -0.0243967168);
      q = polynomial(u, -3.28986813, 3.2469697, -1.14451078, 0.209180087, -0.0234402782, 0.00170858242);
    } else {
      c = polynomial(u, 1, -4.9348022005446793, 4.0587121264167676, -1.335262768854555, 0.235330630357996,
                     -0.02580689137660447, 0.0019295741873593242, -0.00010463741712642143,
                     4.3007248316751436e-6, -1.3435271519780108e-7);
      q = polynomial(u, -3.2898681336964529, 3.2469697011334145, -1.144510944732498, 0.20918278254094423,
                     -0.023460810348588847, 0.0017811454481624883, -9.7661742413751957e-5,
                     4.0481447035605610e-6, -1.2765031270305215e-7);
    }
    return dy * select(n == V(0), x * q, (with_sign_of_parity(n, c) - y) / x);
  }
};

struct Erf : Formula {
  static constexpr const char *name = "erf", *formula = "2 / sqrt(pi) * integral of e^(-t^2) from 0 to x",
                              *derivative = "2 / sqrt(pi) * e^(-x^2)";
  static constexpr Needs needs = Needs::x;
  static constexpr double ulp = 2;
  template <class V>
  static constexpr V fwd(V x, const V*) {
    return erf(x);
  }
  template <class V, class T = typename V::Scalar>
  static constexpr V bwd(V x, V, V dy, const V*) {
    return dy * (V(T(1.1283791670955126)) * exp(-(x * x)));
  }
};

struct Erfc : Formula {
  static constexpr const char *name = "erfc", *formula = "1 - erf(x)",
                              *derivative = "-2 / sqrt(pi) * e^(-x^2)";
  static constexpr Needs needs = Needs::x;
  static constexpr double ulp = 7;
  template <class V>
  static constexpr V fwd(V x, const V*) {
    return erfc(x);
  }
  template <class V, class T = typename V::Scalar>
  static constexpr V bwd(V x, V, V dy, const V*) {
    return dy * (V(T(-1.1283791670955126)) * exp(-(x * x)));
  }
};

}  // namespace formulas
