// Piecewise linear and quadratic activations of torch.nn.functional.
#pragma once

namespace formulas {

struct Relu : Formula {
  static constexpr const char *name = "relu", *formula = "max(x, 0)", *derivative = "1 where y > 0, else 0";
  static constexpr Needs needs = Needs::y;
  static constexpr double ulp = 0;
  static constexpr Layer layer = {.name = "ReLU", .inplace = true};
  static constexpr Example example = {"[-1.0, 2.0]", "[0., 2.]"};
  static constexpr const char* source = "Nair and Hinton 2010";
  template <class V>
  static constexpr V fwd(V x, const V*) {
    return max(V(0), x);
  }
  template <class V>
  static constexpr V bwd(V, V y, V dy, const V*) {
    return select(y <= V(0), V(0), dy);
  }
};

struct Relu6 : Formula {
  static constexpr const char *name = "relu6", *formula = "min(max(x, 0), 6)",
                              *derivative = "1 where 0 < y < 6, else 0";
  static constexpr Needs needs = Needs::y;
  static constexpr double ulp = 0;
  static constexpr Layer layer = {.name = "ReLU6", .inplace = true};
  static constexpr Example example = {"[-1.0, 3.0, 9.0]", "[0., 3., 6.]"};
  static constexpr const char* source = "Krizhevsky 2010";
  template <class V>
  static constexpr V fwd(V x, const V*) {
    return clip(x, V(0), V(6));
  }
  template <class V>
  static constexpr V bwd(V, V y, V dy, const V*) {
    return select((V(0) < y) & (y < V(6)), dy, V(0));
  }
};

struct LeakyRelu : Formula {
  static constexpr const char *name = "leaky_relu", *formula = "x where x > 0, else negative_slope x",
                              *derivative = "1 where x > 0, else negative_slope";
  static constexpr Needs needs = Needs::x;
  static constexpr Scalar scalars[] = {{"negative_slope", 0.01}};
  static constexpr double ulp = 0.5;
  static constexpr Layer layer = {.name = "LeakyReLU", .inplace = true};
  static constexpr Example example = {"[-1.0, 2.0]", "[-0.5,  2. ]", "0.5"};
  static constexpr const char* source = "Maas, Hannun and Ng 2013";
  template <class V>
  static constexpr V fwd(V x, const V* s) {
    return select(x > V(0), x, x * s[0]);
  }
  template <class V>
  static constexpr V bwd(V x, V, V dy, const V* s) {
    return select(x > V(0), dy, dy * s[0]);
  }
};

struct Hardtanh : Formula {
  static constexpr const char *name = "hardtanh", *formula = "min(max(x, min_val), max_val)",
                              *derivative = "1 where min_val < x < max_val, else 0";
  static constexpr Needs needs = Needs::x;
  static constexpr Scalar scalars[] = {{"min_val", -1}, {"max_val", 1}};
  static constexpr double ulp = 0;
  static constexpr Layer layer = {.name = "Hardtanh", .inplace = true};
  static constexpr Example example = {"[-3.0, 0.5, 3.0]", "[-1. ,  0.5,  1. ]"};
  static constexpr const char* source = "Collobert 2004";
  static constexpr const char* refuses(const double* s) {
    return s[0] < s[1] ? nullptr : "min_val must be below max_val";
  }
  template <class V>
  static constexpr V fwd(V x, const V* s) {
    return clip(x, s[0], s[1]);
  }
  template <class V>
  static constexpr V bwd(V x, V, V dy, const V* s) {
    return select((s[0] < x) & (x < s[1]), dy, V(0));
  }
};

struct Hardsigmoid : Formula {
  static constexpr const char *name = "hardsigmoid", *formula = "min(max(x + 3, 0), 6) / 6",
                              *derivative = "1/6 where -3 < x < 3, else 0";
  static constexpr Needs needs = Needs::x;
  static constexpr double ulp = 1.5;
  static constexpr Layer layer = {.name = "Hardsigmoid", .inplace = true};
  static constexpr Example example = {"[-3.0, 0.0, 3.0]", "[0. , 0.5, 1. ]"};
  static constexpr const char* source = "Howard et al. 2019, section 5.2";
  template <class V>
  static constexpr V fwd(V x, const V*) {
    return clip(x + V(3), V(0), V(6)) / V(6);
  }
  template <class V>
  static constexpr V bwd(V x, V, V dy, const V*) {
    return select((V(-3) < x) & (x < V(3)), dy / V(6), V(0));
  }
};

struct Hardswish : Formula {
  static constexpr const char *name = "hardswish", *formula = "x min(max(x + 3, 0), 6) / 6",
                              *derivative = "0 where x <= -3, x / 3 + 1/2 where x < 3, else 1";
  static constexpr Needs needs = Needs::x;
  static constexpr double ulp = 2;
  static constexpr Layer layer = {.name = "Hardswish", .inplace = true};
  static constexpr Example example = {"[-1.5, 0.0, 3.0]", "[-0.375,  0.   ,  3.   ]"};
  static constexpr const char* source = "Howard et al. 2019, section 5.2";
  template <class V>
  static constexpr V fwd(V x, const V*) {
    return max(V(-3), x) * (clip(x + V(3), V(0), V(6)) / V(6));
  }
  template <class V>
  static constexpr V bwd(V x, V, V dy, const V*) {
    return select(V(3) <= x, dy, select(x <= V(-3), V(0), dy * (x / V(3) + V(0.5))));
  }
};

struct Hardshrink : Formula {
  static constexpr const char *name = "hardshrink", *formula = "x where |x| > lambd, else 0",
                              *derivative = "1 where |x| > lambd, else 0";
  static constexpr Needs needs = Needs::x;
  static constexpr Scalar scalars[] = {{.name = "lambd", .value = 0.5, .shown_by_name = false}};
  static constexpr double ulp = 0;
  static constexpr Layer layer = {.name = "Hardshrink"};
  static constexpr Example example = {"[-1.0, 0.3, 2.0]", "[-1.,  0.,  2.]"};
  template <class V>
  static constexpr V fwd(V x, const V* s) {
    return select(abs(x) <= s[0], V(0), x);
  }
  template <class V>
  static constexpr V bwd(V x, V, V dy, const V* s) {
    return select(abs(x) <= s[0], V(0), dy);
  }
};

struct Softshrink : Formula {
  static constexpr const char *name = "softshrink",
                              *formula = "x - lambd where x > lambd, x + lambd where x < -lambd, else 0",
                              *derivative = "1 where |x| > lambd, else 0";
  static constexpr Needs needs = Needs::x;
  static constexpr Scalar scalars[] = {{.name = "lambd", .value = 0.5, .shown_by_name = false}};
  static constexpr double ulp = 0.5;
  static constexpr Layer layer = {.name = "Softshrink"};
  static constexpr Example example = {"[-1.0, 0.3, 2.0]", "[-0.5,  0. ,  1.5]"};
  static constexpr const char* source = "Donoho 1995";
  static constexpr const char* refuses(const double* s) {
    return s[0] >= 0 ? nullptr : "lambd must be at least 0";
  }
  template <class V>
  static constexpr V fwd(V x, const V* s) {
    return select(abs(x) <= s[0], V(0), x - copysign(s[0], x));
  }
  template <class V>
  static constexpr V bwd(V x, V, V dy, const V* s) {
    return select(abs(x) <= s[0], V(0), dy);
  }
};

struct Threshold : Formula {
  static constexpr const char *name = "threshold", *formula = "x where x > threshold, else value",
                              *derivative = "1 where x > threshold, else 0";
  static constexpr Needs needs = Needs::x;
  static constexpr Scalar scalars[] = {{"threshold", required}, {"value", required}};
  static constexpr double ulp = 0;
  static constexpr Layer layer = {.name = "Threshold", .inplace = true};
  static constexpr Example example = {"[0.5, 2.0]", "[20.,  2.]", "1.0, 20.0"};
  template <class V>
  static constexpr V fwd(V x, const V* s) {
    return select(x <= s[0], s[1], x);
  }
  template <class V>
  static constexpr V bwd(V x, V, V dy, const V* s) {
    return select(x <= s[0], V(0), dy);
  }
};

}  // namespace formulas
