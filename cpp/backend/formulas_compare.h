// Comparisons of two numbers.
#pragma once

namespace formulas {

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
struct LogicalAnd {
  static constexpr const char *name = "logical_and", *formula = "a and b differ from 0";
  template <class X>
  static constexpr auto test(X a, X b) {
    return a != X(0) && b != X(0);
  }
};
struct LogicalOr {
  static constexpr const char *name = "logical_or", *formula = "a or b differs from 0";
  template <class X>
  static constexpr auto test(X a, X b) {
    return a != X(0) || b != X(0);
  }
};
struct LogicalXor {
  static constexpr const char *name = "logical_xor", *formula = "only one of a and b differs from 0";
  template <class X>
  static constexpr auto test(X a, X b) {
    return (a != X(0)) != (b != X(0));
  }
};

// Tests of one number: b is a.
struct IsFinite {
  static constexpr const char *name = "isfinite", *formula = "neither infinite nor NaN";
  template <class X>
  static constexpr auto test(X a, X b) {
    return a - b == X(0);
  }
};
struct IsInf {
  static constexpr const char *name = "isinf", *formula = "infinite";
  template <class X>
  static constexpr auto test(X a, X b) {
    return a == b && a - b != X(0);
  }
};

}  // namespace formulas
