// Two tensors: arithmetic, extremes (ties share the gradient), comparisons.
#pragma once

namespace formulas {

struct Add {
  static constexpr const char *name = "add", *formula = "a + b", *derivative = "1, 1";
  static constexpr Needs needs = Needs::none, da_needs = Needs::none, db_needs = Needs::none;
  static constexpr double ulp = 0.5;
  template <class V>
  static constexpr V fwd(V a, V b) {
    return a + b;
  }
  template <class V>
  static constexpr V da(V, V, V, V dy) {
    return dy;
  }
  template <class V>
  static constexpr V db(V, V, V, V dy) {
    return dy;
  }
};

struct Sub {
  static constexpr const char *name = "sub", *formula = "a - b", *derivative = "1, -1";
  static constexpr Needs needs = Needs::none, da_needs = Needs::none, db_needs = Needs::none;
  static constexpr double ulp = 0.5;
  template <class V>
  static constexpr V fwd(V a, V b) {
    return a - b;
  }
  template <class V>
  static constexpr V da(V, V, V, V dy) {
    return dy;
  }
  template <class V>
  static constexpr V db(V, V, V, V dy) {
    return -dy;
  }
};

struct Mul {
  static constexpr const char *name = "mul", *formula = "a b", *derivative = "b, a";
  static constexpr Needs needs = Needs::ab, da_needs = Needs::b, db_needs = Needs::a;
  static constexpr double ulp = 0.5;
  template <class V>
  static constexpr V fwd(V a, V b) {
    return a * b;
  }
  template <class V>
  static constexpr V da(V, V b, V, V dy) {
    return dy * b;
  }
  template <class V>
  static constexpr V db(V a, V, V, V dy) {
    return dy * a;
  }
};

struct Div {
  static constexpr const char *name = "div", *formula = "a / b", *derivative = "1 / b, -y / b";
  static constexpr Needs needs = Needs::by, da_needs = Needs::b, db_needs = Needs::by;
  static constexpr double ulp = 0.5;
  template <class V>
  static constexpr V fwd(V a, V b) {
    return a / b;
  }
  template <class V>
  static constexpr V da(V, V b, V, V dy) {
    return dy / b;
  }
  template <class V>
  static constexpr V db(V, V b, V y, V dy) {
    return -dy * (y / b);
  }
};

struct Pow {
  static constexpr const char *name = "pow", *formula = "a^b",
                              *derivative = "b a^(b - 1), 0 where b = 0; y ln(a), 0 where a = 0 <= b";
  static constexpr Needs needs = Needs::aby, da_needs = Needs::ab, db_needs = Needs::aby;
  static constexpr double ulp = 2;
  template <class V>
  static constexpr V fwd(V a, V b) {
    return pow(a, b);
  }
  template <class V>
  static constexpr V da(V a, V b, V, V dy) {
    return select(b == V(0), V(0), dy * (b * pow(a, b - V(1))));
  }
  template <class V>
  static constexpr V db(V a, V b, V y, V dy) {
    return select((a == V(0)) & (V(0) <= b), V(0), dy * (y * log(a)));
  }
};

struct Maximum {
  static constexpr const char *name = "maximum", *formula = "the larger of a and b, NaN where either is",
                              *derivative = "1 for the larger, 1/2 and 1/2 where equal";
  static constexpr Needs needs = Needs::ab, da_needs = Needs::ab, db_needs = Needs::ab;
  static constexpr double ulp = 0;
  template <class V>
  static constexpr V fwd(V a, V b) {
    return select(a == a, max(a, b), a);
  }
  template <class V>
  static constexpr V da(V a, V b, V, V dy) {
    return select(a < b, V(0), select(a == b, V(0.5) * dy, dy));
  }
  template <class V>
  static constexpr V db(V a, V b, V, V dy) {
    return da(b, a, a, dy);
  }
};

struct Minimum {
  static constexpr const char *name = "minimum", *formula = "the smaller of a and b, NaN where either is",
                              *derivative = "1 for the smaller, 1/2 and 1/2 where equal";
  static constexpr Needs needs = Needs::ab, da_needs = Needs::ab, db_needs = Needs::ab;
  static constexpr double ulp = 0;
  template <class V>
  static constexpr V fwd(V a, V b) {
    return select(a == a, min(a, b), a);
  }
  template <class V>
  static constexpr V da(V a, V b, V, V dy) {
    return select(a > b, V(0), select(a == b, V(0.5) * dy, dy));
  }
  template <class V>
  static constexpr V db(V a, V b, V, V dy) {
    return da(b, a, a, dy);
  }
};

// Comparisons write 0 or 1; X is a vector or a number.
struct Eq {
  static constexpr const char *name = "eq", *formula = "a == b";
  template <class X>
  static constexpr auto test(X a, X b) {
    return a == b;
  }
};
struct Ne {
  static constexpr const char *name = "ne", *formula = "a != b";
  template <class X>
  static constexpr auto test(X a, X b) {
    return a != b;
  }
};
struct Lt {
  static constexpr const char *name = "lt", *formula = "a < b";
  template <class X>
  static constexpr auto test(X a, X b) {
    return a < b;
  }
};
struct Le {
  static constexpr const char *name = "le", *formula = "a <= b";
  template <class X>
  static constexpr auto test(X a, X b) {
    return a <= b;
  }
};
struct Gt {
  static constexpr const char *name = "gt", *formula = "a > b";
  template <class X>
  static constexpr auto test(X a, X b) {
    return a > b;
  }
};
struct Ge {
  static constexpr const char *name = "ge", *formula = "a >= b";
  template <class X>
  static constexpr auto test(X a, X b) {
    return a >= b;
  }
};

}  // namespace formulas
