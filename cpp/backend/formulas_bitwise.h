// Operations on the bits of integers. A count of bits outside the type shifts all bits out.
#pragma once

namespace formulas {

template <class T>
constexpr bool is_shift(T count) {
  return !(count < T(0)) && (unsigned long long)(count) < 8 * sizeof(T);
}

struct BitwiseAnd {
  static constexpr const char *name = "bitwise_and", *formula = "a & b";
  template <class T>
  static constexpr T of(T a, T b) {
    return T(a & b);
  }
};
struct BitwiseOr {
  static constexpr const char *name = "bitwise_or", *formula = "a | b";
  template <class T>
  static constexpr T of(T a, T b) {
    return T(a | b);
  }
};
struct BitwiseXor {
  static constexpr const char *name = "bitwise_xor", *formula = "a ^ b";
  template <class T>
  static constexpr T of(T a, T b) {
    return T(a ^ b);
  }
};
struct LeftShift {
  static constexpr const char *name = "bitwise_left_shift", *formula = "a << b";
  template <class T>
  static constexpr T of(T a, T b) {
    return is_shift(b) ? T((unsigned long long)(a) << b) : T(0);
  }
};
struct RightShift {
  static constexpr const char *name = "bitwise_right_shift",
                              *formula = "a >> b; the sign of a negative a fills the upper bits";
  template <class T>
  static constexpr T of(T a, T b) {
    return is_shift(b) ? T(a >> b) : T(a < T(0) ? -1 : 0);
  }
};

}  // namespace formulas
