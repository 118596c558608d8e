// Inverse trigonometric, hyperbolic and inverse hyperbolic functions.
#pragma once

#include "math_exp.h"
#include "math_log.h"

// atan(x) for x >= 0: above tan(3 pi/8), pi/2 - atan(1 / x); in the middle, pi/4 + atan((x - 1) / (x + 1)).
// The float polynomial is accurate to 2^-30; the double quotient is that of Cephes' atan.c.
template <class V, class T = typename V::Scalar>
NNCORE_INLINE V atan_positive(V x) {
  const auto large = V(T(2.414213562373095)) < x;
  const auto middle = V(T(is_float<V> ? 0.41421356 : 0.66)) < x;
  const V t = select(large, V(T(-1)), select(middle, x - V(T(1)), x)) /
              select(large, x, select(middle, x + V(T(1)), V(T(1))));
  const V u = t * t;
  V p;
  if constexpr (is_float<V>) {
    p = polynomial(u, -0.333333164, 0.199984893, -0.142438486, 0.105959967, -0.0608344182);
  } else {
    p = polynomial(u, -64.85021904942025, -122.8866684490136, -75.00855792314705, -16.157537187333652,
                   -0.8750608600031904) /
        polynomial(u, 194.5506571482614, 485.3903996359137, 432.88106049129027, 165.02700983169885,
                   24.858464901423062, 1);
  }
  const V hi = select(large, V(T(is_float<V> ? 0x1.921fb6p+0 : 0x1.921fb54442d18p+0)),
                      select(middle, V(T(is_float<V> ? 0x1.921fb6p-1 : 0x1.921fb54442d18p-1)), V(T(0))));
  const V lo = select(large, V(T(is_float<V> ? -0x1.777a5cp-25 : 0x1.1a62633145c07p-54)),
                      select(middle, V(T(is_float<V> ? -0x1.777a5cp-26 : 0x1.1a62633145c07p-55)), V(T(0))));
  return hi + (t + fma(t * u, p, lo));
}

template <class V, class T = typename V::Scalar>
NNCORE_INLINE V atan(V x) {
  return bit_or(atan_positive(abs(x)), bit_and(x, V(T(-0.0))));
}

// The angle of the point (b, a). -0 counts as negative, as in C.
template <class V, class T = typename V::Scalar>
NNCORE_INLINE V atan2(V a, V b) {
  const V y = abs(a), x = abs(b), infinity = V(T(__builtin_inf()));
  const V ratio = select(y == V(T(0)), select(x == x, V(T(0)), x),
                         select((y == infinity) & (x == infinity), V(T(1)), y / x));
  const V angle = atan_positive(ratio);
  const V hi = V(T(is_float<V> ? 0x1.921fb6p+1 : 0x1.921fb54442d18p+1));
  const V lo = V(T(is_float<V> ? -0x1.777a5cp-24 : 0x1.1a62633145c07p-53));
  return bit_or(select(sign_bit(b), (hi - angle) + lo, angle), bit_and(a, V(T(-0.0))));
}

template <class V, class T = typename V::Scalar>
NNCORE_INLINE V asin(V x) {
  const V y = abs(x);
  return bit_or(atan_positive(y / sqrt((V(T(1)) - y) * (V(T(1)) + y))), bit_and(x, V(T(-0.0))));
}

template <class V, class T = typename V::Scalar>
NNCORE_INLINE V acos(V x) {
  const V half = atan_positive(sqrt((V(T(1)) - x) / (V(T(1)) + x)));
  return half + half;
}

// (u + u / (u + 1)) / 2 for u = e^|x| - 1. For large x, e^|x| may overflow: e^(|x|/2) is squared.
template <class V, class T = typename V::Scalar>
NNCORE_INLINE V sinh(V x) {
  const V y = abs(x), half = V(T(0.5)), root = exp(y * half), u = expm1(y);
  const V small = half * (u + u / (u + V(T(1))));
  return bit_or(select(y > V(T(20)), (half * root) * root, small), bit_and(x, V(T(-0.0))));
}

template <class V, class T = typename V::Scalar>
NNCORE_INLINE V cosh(V x) {
  const V half = V(T(0.5)), root = exp(abs(x) * half);
  return fma(half * root, root, half / root / root);
}

// log(y + sqrt(y^2 + 1)) as log1p(y + y^2 / (1 + sqrt(y^2 + 1))). For large y, y^2 may overflow: log(2 y).
template <class V, class T = typename V::Scalar>
NNCORE_INLINE V asinh(V x) {
  const V y = abs(x), one = V(T(1)), far = V(T(is_float<V> ? 0x1p30 : 0x1p100));
  const V near = min(y, far);
  const V small = log1p(near + near * near / (one + sqrt(fma(near, near, one))));
  const V large = log(y) + V(T(0.69314718055994531));
  return bit_or(select(y <= far, small, large), bit_and(x, V(T(-0.0))));
}

// log(x + sqrt(x^2 - 1)) as log1p(t + sqrt(t) sqrt(t + 2)) for t = x - 1
template <class V, class T = typename V::Scalar>
NNCORE_INLINE V acosh(V x) {
  const V far = V(T(is_float<V> ? 0x1p30 : 0x1p100));
  const V t = min(far, x - V(T(1)));
  const V small = log1p(t + sqrt(t) * sqrt(t + V(T(2))));
  return select(x <= far, small, log(x) + V(T(0.69314718055994531)));
}

template <class V, class T = typename V::Scalar>
NNCORE_INLINE V atanh(V x) {
  const V y = abs(x);
  return bit_or(V(T(0.5)) * log1p((y + y) / (V(T(1)) - y)), bit_and(x, V(T(-0.0))));
}
