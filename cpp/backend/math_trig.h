// sin and cos: x = k pi/2 + r in three words (Cody & Waite), |r| <= pi/4, then a polynomial in r^2.
#pragma once

#include "math_exp.h"

template <class V>
struct TrigParts {
  V r, t;  // the low bits of t hold k
};
template <class V, class T = typename V::Scalar>
TrigParts<V> split_trig(V x) {
  const V t = fma(x, V(T(0x1.45f306dc9c883p-1)), V(magic<V>));
  const V k = t - V(magic<V>);
  V r;
  if constexpr (is_float<V>) {
    r = fma(k, V(T(-0x1.921fb6p+0)), x);
    r = fma(k, V(T(0x1.777a5cp-25)), r);
    r = fma(k, V(T(0x1.ee59dap-50)), r);
  } else {
    r = fma(k, V(T(-0x1.921fb54442d18p+0)), x);
    r = fma(k, V(T(-0x1.1a62633145c07p-54)), r);
    r = fma(k, V(T(0x1.f1976b7ed8fbcp-110)), r);
  }
  return {r, t};
}

// sin(r + k pi/2), right to 2^-27.8 (2^-57.8)
template <class V, class T = typename V::Scalar>
V sin_of(TrigParts<V> p) {
  const V r = p.r, u = r * r;
  V s, c;
  if constexpr (is_float<V>) {
    s = polynomial(u, -0.166666538, 0.00833210628, -0.000195078843);
    c = polynomial(u, 0.0416666456, -0.00138873071, 2.44318762e-5);
  } else {
    s = polynomial(u, -0.1666666666666663, 0.0083333333333218199, -0.00019841269829332198,
                   2.7557313527106157e-6, -2.5050732338286216e-8, 1.5895302283585645e-10);
    c = polynomial(u, 0.041666666666666588, -0.0013888888888872186, 2.4801587288295349e-5,
                   -2.7557314015103093e-7, 2.0875678081850599e-9, -1.1357336578597636e-11);
  }
  s = fma(r * u, s, r);
  c = fma(u * u, c, fma(u, V(T(-0.5)), V(T(1))));
  const auto odd = bit_or(p.t.template shl<8 * sizeof(T) - 1>(), V(T(1))) < V(T(0));
  const V sign = bit_and(p.t.template shl<8 * sizeof(T) - 2>(), V(T(-0.0)));
  return bit_xor(select(odd, c, s), sign);
}

template <class V, class T = typename V::Scalar>
V sin(V x) {
  return select(x == V(T(0)), x, sin_of(split_trig(x)));
}

template <class V, class T = typename V::Scalar>
V cos(V x) {
  TrigParts<V> p = split_trig(x);
  p.t = bit_add(p.t, V::from_bits(1));
  return sin_of(p);
}
