// exp and what is made of it. Coefficients are minimax fits (Remez), rounded one after another.
#pragma once

// c0 + c1 x + c2 x^2 + ... by Horner's rule
template <class V, class T = typename V::Scalar>
V polynomial(V, double c) {
  return V(T(c));
}
template <class V, class T = typename V::Scalar, class... C>
V polynomial(V x, double c, C... rest) {
  return fma(x, polynomial(x, rest...), V(T(c)));
}

template <class V>
constexpr bool is_float = sizeof(typename V::Scalar) == 4;

// Added to a number below 2^22 (2^51), leaves its nearest integer in the low bits of the mantissa.
template <class V, class T = typename V::Scalar>
constexpr T magic = T(is_float<V> ? 0x1.8p23 : 0x1.8p52);
template <class V, class T = typename V::Scalar>
constexpr T bias = T(is_float<V> ? 127 : 1023);

// x = n ln 2 + r with |r| <= ln 2 / 2, ln 2 in two words (Cody & Waite); t = n + bias + magic.
template <class V>
struct ExpParts {
  V t, r;
};
template <class V, class T = typename V::Scalar>
ExpParts<V> split_exp(V x) {
  constexpr T shift = magic<V> + bias<V>;
  const V t = fma(x, V(T(0x1.71547652b82fep+0)), V(shift));
  const V n = t - V(shift);
  V r = fma(n, V(T(is_float<V> ? -0x1.62e42ep-1 : -0x1.62e42fefa39efp-1)), x);
  r = fma(n, V(T(is_float<V> ? -0x1.efa39ep-25 : -0x1.abc9e3b39803fp-56)), r);
  return {t, r};
}

// 2^n from t = n + bias + magic, -bias <= n <= bias + 1: 0 at the lower end, infinity at the upper one
template <class V>
V power_of_two(V t) {
  return t.template shl<V::mantissa_bits>();
}

// (e^r - 1 - r) / r^2 on |r| <= ln 2 / 2; e^r is then right to 2^-28 (2^-57), e^r - 1 to 2^-26 (2^-61) of
// itself
template <class V>
V exp_tail(V r) {
  if constexpr (is_float<V>) {
    return polynomial(r, 0.49999997, 0.166665375, 0.0416677408, 0.00836731773, 0.00138378923);
  } else {
    return polynomial(r, 0.5, 0.1666666666666668, 0.04166666666666672, 0.0083333333333189558,
                      0.0013888888888842696, 0.00019841269893372629, 2.4801587434653562e-5,
                      2.7557236548313346e-6, 2.7557157195528112e-7, 2.5111804500700002e-8,
                      2.0957679093424415e-9);
  }
}

// e^r
template <class V, class T = typename V::Scalar>
V exp_core(V r) {
  return fma(fma(exp_tail(r), r, V(T(1))), r, V(T(1)));
}

// lo where x < lo, hi where x > hi; NaN stays
template <class V, class = typename V::Scalar>
V clip(V x, V lo, V hi) {
  return min(hi, max(lo, x));
}

// y 2^n, n from the exponents of the normal numbers to bias + 1 (whose power of two is infinite)
template <class V, class T = typename V::Scalar>
V scale_by_power(V y, V t) {
  constexpr T shift = magic<V> + bias<V>;
  const V top = min(V(shift + bias<V>), t);
  y = y * power_of_two(top);
  return fma(y, t - top, y);
}

template <class V, class T = typename V::Scalar>
V exp(V x) {
  const ExpParts<V> e = split_exp(clip(x, V(T(is_float<V> ? -87.5 : -708.5)), V(T(is_float<V> ? 89 : 710))));
  return scale_by_power(exp_core(e.r), e.t);
}

template <class V, class T = typename V::Scalar>
V expm1(V x) {
  constexpr T shift = magic<V> + bias<V>;
  const ExpParts<V> e = split_exp(clip(x, V(T(-40)), V(T(is_float<V> ? 89 : 710))));
  const V top = min(V(shift + bias<V>), e.t);
  const V s = power_of_two(top);
  V y = fma(s, fma(e.r * e.r, exp_tail(e.r), e.r), s - V(T(1)));
  y = fma(y, e.t - top, y);
  return bit_or(y, bit_and(x, V(T(-0.0))));  // -0
}

// e^x - 1 for x within +-100 (+-700)
template <class V, class T = typename V::Scalar>
V expm1_near(V x) {
  const ExpParts<V> e = split_exp(x);
  const V s = power_of_two(e.t);
  return fma(s, fma(e.r * e.r, exp_tail(e.r), e.r), s - V(T(1)));
}

// 1 / (1 + e^-x); e^-x may become infinite, never NaN
template <class V, class T = typename V::Scalar>
V sigmoid(V x) {
  constexpr T edge = T(is_float<V> ? 88 : 709.5);
  const ExpParts<V> e = split_exp(clip(-x, V(-edge), V(edge + T(1))));
  return V(T(1)) / fma(exp_core(e.r), power_of_two(e.t), V(T(1)));
}

// (e^2|x| - 1) / (e^2|x| + 1) with the sign of x; 1 from 9.1 (19.1) on
template <class V, class T = typename V::Scalar>
V tanh(V x) {
  const V a = min(V(T(is_float<V> ? 9.2 : 19.2)), abs(x));
  const V e = expm1_near(a + a);
  return copysign(e / (e + V(T(2))), x);
}

// x / (1 + e^-x), also where e^-x overflows but the quotient does not
template <class V, class T = typename V::Scalar>
V silu(V x) {
  constexpr T shift = magic<V> + bias<V>;
  constexpr T edge = T(is_float<V> ? 96 : 720);
  const V xc = max(V(-edge), x);
  const ExpParts<V> e = split_exp(max(V(T(is_float<V> ? -80 : -700)), -xc));
  const V top = min(V(shift + bias<V>), e.t);
  const V y = xc / fma(exp_core(e.r), power_of_two(top), V(T(1)));
  return y * power_of_two((top - e.t) + V(shift));
}
