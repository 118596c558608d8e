// The error function and the normal distribution.
#pragma once

#include "math_exp.h"

template <class V>
struct NormalTail {
  V t;        // |x|, clipped where t Phi(-t) is flushed to zero
  V density;  // e^(-t^2 / 2)
  V ratio;    // e^(t^2 / 2) Phi(-t)
};

// Phi(-t) = density * ratio, a b = t^2. ratio is a quotient of polynomials accurate to 2^-26.7 for float; for
// double ratio (t + 5) is a polynomial in (t - 5) / (t + 5) accurate to 2^-54.
template <class V, class T = typename V::Scalar>
NNCORE_INLINE NormalTail<V> normal_tail(V t, V a, V b) {
  // e^(-a b / 2) = 2^n e^(-r / 2). The first word of 2 n ln 2 is exact; a b is rounded after its subtraction.
  const V power = fma(a * b, V(T(-0x1.71547652b82fep-1)), V(magic<V>));
  const V n = power - V(magic<V>);
  V r = fma(a, b, n * V(T(is_float<V> ? 0x1.62e4p+0 : 0x1.62e42fefa38p+0)));
  r = fma(n, V(T(is_float<V> ? 0x1.7f7d1cp-19 : 0x1.ef35793c7673p-44)), r);
  const V density = add_exponent(exp_core(r, -0.5), power);
  if constexpr (is_float<V>) {
    const V p = polynomial(t, 49.618042, 43.2358246, 17.9921722, 3.96787119, 0.398947954);
    V q = t + V(T(9.94671059));
    q = fma(q, t, V(T(46.0832863)));
    q = fma(q, t, V(T(118.535973)));
    q = fma(q, t, V(T(165.65062)));
    return {t, density, p / fma(q, t, V(T(99.236084)))};
  } else {
    const V sum = t + V(T(5)), inverse = V(T(1)) / sum;
    const V inverse_lo = inverse * fma(-inverse, t - (sum - V(T(5))), fma(-inverse, sum, V(T(1))));
    const V v = fma(V(T(-10)), inverse, V(T(1))) - V(T(10)) * inverse_lo;
    const V p = polynomial(
        v, 0.76919304975006297, -0.66538250289005663, 0.49530561596997691, -0.31353315667131498,
        0.16502036617036492, -0.069118638705974469, 0.020795066800173692, -0.0029933767753978725,
        -0.00079786940074602912, 0.00054489910378074013, -5.9375715919105208e-5, -4.9763001931503701e-5,
        1.668116305598213e-5, 3.9814724467607983e-6, -2.7691001432039148e-6, -3.377215484359653e-7,
        4.3275395820672434e-7, 4.3606954066309458e-8, -6.5376240945532529e-8, -1.0222895422418725e-8,
        7.20202380845299e-9, 2.0225049076590501e-9);
    return {t, density, fma(p, inverse_lo, p * inverse)};
  }
}

template <class V, class T = typename V::Scalar>
NNCORE_INLINE NormalTail<V> normal_tail(V x) {
  const V t = min(V(T(is_float<V> ? 13.2 : 37.63)), abs(x));
  return normal_tail(t, t, t);
}

template <class V, class T = typename V::Scalar>
NNCORE_INLINE V erf(V x) {
  if constexpr (is_float<V>) {  // 1 - e^-q, q(a) = a (2 / sqrt(pi) + a P(a)), a = |x|, accurate to 2^-27.8
    const V a = min(V(T(3.95)), abs(x));
    const V p = polynomial(a, -0x1.f7ac92p-25, 0.636619508, 0.102776878, -0.0191499777, -0.000165523743,
                           0.00167173974, -0.000635257282, 0.000118291871, -9.32740477e-6);
    const ExpParts<V> e = split_exp(-fma(a, V(T(0x1.20dd76p+0)), a * p));
    const V w = power_of_two(e.t);
    return copysign(fma(w, expm1_core(e.r), w - V(T(1))), x);
  } else {  // |x| P(x^2) up to 0.84, accurate to 2^-56; then 1 - 2 Phi(-|x| sqrt 2)
    const V a = abs(x), square = min(V(T(1)), a * a);
    const V p = polynomial(square, 1.1283791670955126, -0.37612638903183249, 0.11283791670927645,
                           -0.026866170639265285, 0.0052239775610482524, -0.00085483228886723734,
                           0.0001205516696916671, -1.4921352823855635e-5, 1.6390211585553709e-6,
                           -1.5610297891376996e-7, 1.0197228999608031e-8, 1.1395056634227925e-10);
    const NormalTail<V> tail = normal_tail(a * V(T(0x1.6a09e667f3bcdp+0)));
    const V far = fma(V(T(-2)) * tail.density, tail.ratio, V(T(1)));
    const V y = select(a < V(T(0.84)), a * p, select(a < V(T(6)), far, V(T(1))));
    return copysign(select(a == a, y, a), x);
  }
}

// 1 - erf(x) near 0, without cancellation; else 2 Phi(-|x| sqrt 2), or 2 - 2 Phi(-|x| sqrt 2) for x < 0.
template <class V, class T = typename V::Scalar>
NNCORE_INLINE V erfc(V x) {
  const V a = min(V(T(is_float<V> ? 9.33 : 26.6)), abs(x));
  const NormalTail<V> tail = normal_tail(a * V(T(0x1.6a09e667f3bcdp+0)), a + a, a);
  const V y = (tail.ratio + tail.ratio) * tail.density;
  return select(a < V(T(0.46875)), V(T(1)) - erf(x), select(x < V(T(0)), V(T(2)) - y, y));
}
