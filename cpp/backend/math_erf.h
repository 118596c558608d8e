// The error function and the normal distribution.
#pragma once

#include "math_exp.h"

template <class V>
struct NormalTail {
  V density;  // e^(-t^2 / 2)
  V ratio;    // e^(t^2 / 2) Phi(-t)
};

// For 0 <= t: Phi(-t) = density * ratio, to a few ulp down to the smallest normal number.
// ratio (t + c) is a polynomial in (t - c) / (t + c), right to 2^-25.7 (2^-54).
template <class V, class T = typename V::Scalar>
NormalTail<V> normal_tail(V t) {
  constexpr T c = T(is_float<V> ? 4 : 5);
  t = min(V(T(is_float<V> ? 13.5 : 38.5)), t);
  const V square = t * t, lost = fma(t, t, -square);
  const V half = V(T(-0.5)) * square;
  const ExpParts<V> e = split_exp(max(V(T(is_float<V> ? -87.5 : -708.5)), half));
  const V density = exp_core(fma(V(T(-0.5)), lost, e.r)) * power_of_two(e.t);
  const V inverse = V(T(1)) / (t + V(c));
  const V v = fma(V(-2 * c), inverse, V(T(1)));
  if constexpr (is_float<V>) {
    const V p = polynomial(v, 0.755285144, -0.607896626, 0.387136221, -0.18652226, 0.0604126193,
                           -0.00753140636, -0.0035518338, 0.00156777713, 0.000238542401, -9.67936503e-5);
    return {density, p * inverse};
  } else {
    const V p = polynomial(
        v, 0.76919304975006297, -0.66538250289005663, 0.49530561596997691, -0.31353315667131498,
        0.16502036617036492, -0.069118638705974469, 0.020795066800173692, -0.0029933767753978725,
        -0.00079786940074602912, 0.00054489910378074013, -5.9375715919105208e-5, -4.9763001931503701e-5,
        1.668116305598213e-5, 3.9814724467607983e-6, -2.7691001432039148e-6, -3.377215484359653e-7,
        4.3275395820672434e-7, 4.3606954066309458e-8, -6.5376240945532529e-8, -1.0222895422418725e-8,
        7.20202380845299e-9, 2.0225049076590501e-9);
    return {density, p * inverse};
  }
}

template <class V, class T = typename V::Scalar>
V erf(V x) {
  if constexpr (is_float<V>) {  // 1 - e^-q(|x|), q(a) = a P(a) right to 2^-24.2
    const V a = min(V(T(3.95)), abs(x));
    const V p = polynomial(a, 1.12837923, 0.636614978, 0.102833495, -0.019408809, 0.00039279554,
                           0.00104177312, -0.000254994258, 2.60984825e-6, 4.5374004e-6);
    return copysign(-expm1_near(-(a * p)), x);
  } else {  // x P(x^2) to 0.85, right to 2^-56; 1 - 2 Phi(-x sqrt 2) beyond
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
