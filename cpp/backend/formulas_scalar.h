// Functions of a tensor and a Python number.
#pragma once

namespace formulas {

struct AddScalar : Formula {
  static constexpr const char *name = "add_scalar", *formula = "x + other", *derivative = "1";
  static constexpr Needs needs = Needs::none;
  static constexpr Scalar scalars[] = {{"other", required}};
  static constexpr double ulp = 0.5;
  template <class V>
  static constexpr V fwd(V x, const V* s) {
    return x + s[0];
  }
  template <class V>
  static constexpr V bwd(V, V, V dy, const V*) {
    return dy;
  }
};

struct SubScalar : Formula {
  static constexpr const char *name = "sub_scalar", *formula = "x - other", *derivative = "1";
  static constexpr Needs needs = Needs::none;
  static constexpr Scalar scalars[] = {{"other", required}};
  static constexpr double ulp = 0.5;
  template <class V>
  static constexpr V fwd(V x, const V* s) {
    return x - s[0];
  }
  template <class V>
  static constexpr V bwd(V, V, V dy, const V*) {
    return dy;
  }
};

struct RsubScalar : Formula {
  static constexpr const char *name = "rsub_scalar", *formula = "other - x", *derivative = "-1";
  static constexpr Needs needs = Needs::none;
  static constexpr Scalar scalars[] = {{"other", required}};
  static constexpr double ulp = 0.5;
  template <class V>
  static constexpr V fwd(V x, const V* s) {
    return s[0] - x;
  }
  template <class V>
  static constexpr V bwd(V, V, V dy, const V*) {
    return -dy;
  }
};

struct MulScalar : Formula {
  static constexpr const char *name = "mul_scalar", *formula = "x other", *derivative = "other";
  static constexpr Needs needs = Needs::none;
  static constexpr Scalar scalars[] = {{"other", required}};
  static constexpr double ulp = 0.5;
  template <class V>
  static constexpr V fwd(V x, const V* s) {
    return x * s[0];
  }
  template <class V>
  static constexpr V bwd(V, V, V dy, const V* s) {
    return dy * s[0];
  }
};

struct DivScalar : Formula {
  static constexpr const char *name = "div_scalar", *formula = "x / other", *derivative = "1 / other";
  static constexpr Needs needs = Needs::none;
  static constexpr Scalar scalars[] = {{"other", required}};
  static constexpr double ulp = 0.5;
  template <class V>
  static constexpr V fwd(V x, const V* s) {
    return x / s[0];
  }
  template <class V>
  static constexpr V bwd(V, V, V dy, const V* s) {
    return dy / s[0];
  }
};

struct RdivScalar : Formula {
  static constexpr const char *name = "rdiv_scalar", *formula = "other / x", *derivative = "-y / x";
  static constexpr Needs needs = Needs::both;
  static constexpr Scalar scalars[] = {{"other", required}};
  static constexpr double ulp = 0.5;
  template <class V>
  static constexpr V fwd(V x, const V* s) {
    return s[0] / x;
  }
  template <class V>
  static constexpr V bwd(V x, V y, V dy, const V*) {
    return -dy * (y / x);
  }
};

// As in PyTorch, some exponents are computed by multiplications, divisions and roots.
template <class V>
constexpr V power(V x, V exponent) {
  if (any(exponent == V(2))) return x * x;
  if (any(exponent == V(1))) return x;
  if (any(exponent == V(0.5))) return sqrt(x);
  if (any(exponent == V(3))) return x * x * x;
  if (any(exponent == V(-0.5))) return V(1) / sqrt(x);
  if (any(exponent == V(-1))) return V(1) / x;
  return pow(x, exponent);
}

struct PowScalar : Formula {
  static constexpr const char *name = "pow_scalar", *formula = "x^exponent",
                              *derivative = "exponent x^(exponent - 1), 0 where exponent is 0";
  static constexpr Needs needs = Needs::x;
  static constexpr Scalar scalars[] = {{"exponent", required}};
  static constexpr double ulp = 2;
  template <class V>
  static constexpr V fwd(V x, const V* s) {
    return power(x, s[0]);
  }
  template <class V>
  static constexpr V bwd(V x, V, V dy, const V* s) {
    return select(s[0] == V(0), V(0), dy * (s[0] * power(x, s[0] - V(1))));
  }
};

struct RpowScalar : Formula {
  static constexpr const char *name = "rpow_scalar", *formula = "base^x",
                              *derivative = "y ln(base), 0 where base = 0 <= x";
  static constexpr Needs needs = Needs::both;
  static constexpr Scalar scalars[] = {{"base", required}};
  static constexpr double ulp = 2;
  template <class V>
  static constexpr V fwd(V x, const V* s) {
    return pow(s[0], x);
  }
  template <class V>
  static constexpr V bwd(V x, V y, V dy, const V* s) {
    return select((s[0] == V(0)) & (V(0) <= x), V(0), dy * (y * log(s[0])));
  }
};

struct Clamp : Formula {
  static constexpr const char *name = "clamp", *formula = "min(max(x, min), max)",
                              *derivative = "1 where min < x < max, else 0";
  static constexpr Needs needs = Needs::x;
  static constexpr Scalar scalars[] = {{"min", -__builtin_inf()}, {"max", __builtin_inf()}};
  static constexpr double ulp = 0;
  template <class V>
  static constexpr V fwd(V x, const V* s) {
    return clip(x, s[0], s[1]);
  }
  template <class V>
  static constexpr V bwd(V x, V, V dy, const V* s) {
    const V least(-__builtin_inf()), most(__builtin_inf());  // stand for a bound that is not given
    return select(((s[0] < x) | (s[0] <= least)) & ((x < s[1]) | (most <= s[1])), dy, V(0));
  }
};

}  // namespace formulas
