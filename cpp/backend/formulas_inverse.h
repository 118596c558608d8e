// Inverse trigonometric, hyperbolic and inverse hyperbolic functions.
#pragma once

namespace formulas {

struct Asin : Formula {
  static constexpr const char *name = "asin", *formula = "the angle in [-pi/2, pi/2] whose sine is x",
                              *derivative = "1 / sqrt(1 - x^2)";
  static constexpr Needs needs = Needs::x;
  static constexpr double ulp = 3;
  template <class V>
  static constexpr V fwd(V x, const V*) {
    return asin(x);
  }
  template <class V>
  static constexpr V bwd(V x, V, V dy, const V*) {
    return dy / sqrt((V(1) - x) * (V(1) + x));
  }
};

struct Acos : Formula {
  static constexpr const char *name = "acos", *formula = "the angle in [0, pi] whose cosine is x",
                              *derivative = "-1 / sqrt(1 - x^2)";
  static constexpr Needs needs = Needs::x;
  static constexpr double ulp = 2.5;
  template <class V>
  static constexpr V fwd(V x, const V*) {
    return acos(x);
  }
  template <class V>
  static constexpr V bwd(V x, V, V dy, const V*) {
    return -dy / sqrt((V(1) - x) * (V(1) + x));
  }
};

struct Atan : Formula {
  static constexpr const char *name = "atan", *formula = "the angle in (-pi/2, pi/2) whose tangent is x",
                              *derivative = "1 / (1 + x^2)";
  static constexpr Needs needs = Needs::x;
  static constexpr double ulp = 2;
  template <class V>
  static constexpr V fwd(V x, const V*) {
    return atan(x);
  }
  template <class V>
  static constexpr V bwd(V x, V, V dy, const V*) {
    return dy / fma(x, x, V(1));
  }
};

struct Sinh : Formula {
  static constexpr const char *name = "sinh", *formula = "(e^x - e^-x) / 2", *derivative = "cosh x";
  static constexpr Needs needs = Needs::x;
  static constexpr double ulp = 3;
  template <class V>
  static constexpr V fwd(V x, const V*) {
    return sinh(x);
  }
  template <class V>
  static constexpr V bwd(V x, V, V dy, const V*) {
    return dy * cosh(x);
  }
};

struct Cosh : Formula {
  static constexpr const char *name = "cosh", *formula = "(e^x + e^-x) / 2", *derivative = "sinh x";
  static constexpr Needs needs = Needs::x;
  static constexpr double ulp = 3;
  template <class V>
  static constexpr V fwd(V x, const V*) {
    return cosh(x);
  }
  template <class V>
  static constexpr V bwd(V x, V, V dy, const V*) {
    return dy * sinh(x);
  }
};

struct Asinh : Formula {
  static constexpr const char *name = "asinh", *formula = "ln(x + sqrt(x^2 + 1))",
                              *derivative = "1 / sqrt(x^2 + 1)";
  static constexpr Needs needs = Needs::x;
  static constexpr double ulp = 2;
  template <class V>
  static constexpr V fwd(V x, const V*) {
    return asinh(x);
  }
  template <class V>
  static constexpr V bwd(V x, V, V dy, const V*) {
    return dy / sqrt(fma(x, x, V(1)));
  }
};

struct Acosh : Formula {
  static constexpr const char *name = "acosh", *formula = "ln(x + sqrt(x^2 - 1))",
                              *derivative = "1 / sqrt(x^2 - 1)";
  static constexpr Needs needs = Needs::x;
  static constexpr double ulp = 2.5;
  template <class V>
  static constexpr V fwd(V x, const V*) {
    return acosh(x);
  }
  template <class V>
  static constexpr V bwd(V x, V, V dy, const V*) {
    return dy / sqrt((x - V(1)) * (x + V(1)));
  }
};

struct Atanh : Formula {
  static constexpr const char *name = "atanh", *formula = "ln((1 + x) / (1 - x)) / 2",
                              *derivative = "1 / (1 - x^2)";
  static constexpr Needs needs = Needs::x;
  static constexpr double ulp = 2.5;
  template <class V>
  static constexpr V fwd(V x, const V*) {
    return atanh(x);
  }
  template <class V>
  static constexpr V bwd(V x, V, V dy, const V*) {
    return dy / ((V(1) - x) * (V(1) + x));
  }
};

}  // namespace formulas
