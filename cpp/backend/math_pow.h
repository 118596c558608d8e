// a^b = 2^(b log2 a), as in fdlibm's pow but without a table. log2 a has two words and a relative error of
// 2^-30 (2^-65): the absolute error of b log2 a, which is below 2^7 (2^10), is 2^-24 (2^-55).
#pragma once

#include "math_exp.h"
#include "math_log.h"

template <class V>
struct DoubleWord {
  V hi, lo;
};

// log2 of normal a > 0
template <class V, class T = typename V::Scalar>
NNCORE_INLINE DoubleWord<V> log2_double_word(V a) {
  const LogParts<V> p = split_log(a);
  // z = s / d in two words; s = m - 1 is exact, d = m + 1 has two words
  const V s = p.m - V(T(1)), d = p.m + V(T(1));
  const V d_lo = p.m - (d - V(T(1)));
  const V inverse = V(T(1)) / d;
  const V z = s * inverse;
  const V z_lo = fma(-z, d_lo, fma(-z, d, s)) * inverse;
  // log m = 2 z + z^3 (2/3 + z^2 Q(z^2)), z^2 and 2/3 in two words
  const V zz = z * z, zz_lo = fma(z + z, z_lo, fma(z, z, -zz));
  V q;
  if constexpr (is_float<V>) {
    q = polynomial(zz, 0.400001526, 0.285470903, 0.23419629);
  } else {
    q = polynomial(zz, 0.40000000000002262, 0.28571428570096702, 0.22222222520472676, 0.1818178431614097,
                   0.15386759799382818, 0.13256757732107963, 0.13196907385211856);
  }
  const V third = V(T(is_float<V> ? 0x1.555556p-1 : 0x1.5555555555555p-1));
  const V third_lo = V(T(is_float<V> ? -0x1.555556p-26 : 0x1.5555555555555p-55));
  const V u = zz * third;
  const V u_lo = fma(zz_lo, third, fma(zz * zz, q, fma(zz, third_lo, fma(zz, third, -u))));
  const V cube = z * u;
  const V cube_lo = fma(z, u_lo, fma(z_lo, u, fma(z, u, -cube)));
  const V twice = z + z;
  const V h = twice + cube;
  const V l = (cube - (h - twice)) + (cube_lo + (z_lo + z_lo));
  // times log2(e) in two words, minus down
  const V e = V(T(is_float<V> ? 0x1.715476p+0 : 0x1.71547652b82fep+0));
  const V e_lo = V(T(is_float<V> ? 0x1.4ae0cp-26 : 0x1.777d0ffda0d24p-56));
  const V first = h * e;
  const V first_lo = fma(l, e, fma(h, e_lo, fma(h, e, -first)));
  const V head = first - p.down;
  return {head, (first - (head + p.down)) + first_lo};
}

template <class V, class T = typename V::Scalar>
NNCORE_INLINE V pow(V a, V b) {
  const V one = V(T(1)), zero = V(T(0)), inf = V(T(__builtin_inf()));
  const V size = abs(a);
  DoubleWord<V> l = log2_double_word(size);
  const auto finite = (size < inf) & (zero < size);
  l.hi = select(finite, l.hi, select(size == zero, -inf, size));
  l.lo = select(finite, l.lo, zero);
  // w = b log2 a
  const V w = b * l.hi;
  V w_lo = fma(b, l.lo, fma(b, l.hi, -w));
  const V wc = clip(w, V(T(is_float<V> ? -126.4 : -1022.4)), V(T(is_float<V> ? 128.4 : 1024.4)));
  w_lo = select(wc == w, w_lo, zero);
  constexpr T shift = magic<V> + bias<V>;
  const V t = wc + V(shift);
  const V f = (wc - (t - V(shift))) + w_lo;
  const V top = min(V(shift + bias<V>), t);
  V y = exp_core(f * V(T(is_float<V> ? 0x1.62e43p-1 : 0x1.62e42fefa39efp-1))) * power_of_two(top);
  y = fma(y, t - top, y);
  // signs, and the cases 0, 1 and infinity of C99 (Annex F.9.4.4)
  const auto whole = floor(b) == b;
  const V half = b * V(T(0.5));
  const auto negative = bit_or(bit_and(a, V(T(-0.0))), one) < zero;
  y = select(negative & whole & (floor(half) != half), -y, y);
  y = select((a < zero) & (size < inf) & !whole, V(T(__builtin_nan(""))), y);
  y = select((size == one) & (abs(b) == inf), one, y);
  return select((b == zero) | (a == one), one, y);
}
