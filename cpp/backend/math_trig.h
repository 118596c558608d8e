// sin and cos: x = k pi/2 + r, |r| <= pi/4, then a polynomial in r^2.
#pragma once

#include "math_exp.h"

template <class V>
struct TrigParts {
  V r, t;  // the low bits of t hold k
};

// Reduces one large x with integers: x 2/pi modulo 4 from the relevant bits of 2/pi (Payne & Hanek 1983).
template <class T>
[[gnu::noinline]] constexpr void reduce_far(T x, T& r, int& k) {
  using U = unsigned long long;
  using Wide = unsigned __int128;
  constexpr U two_over_pi[] = {0,
                               0xa2f9836e4e441529,
                               0xfc2757d1f534ddc0,
                               0xdb6295993c439041,
                               0xfe5163abdebbc561,
                               0xb7246e3a424dd2e0,
                               0x06492eea09d1921c,
                               0xfe1deb1cb129a73e,
                               0xe88235f52ebb4484,
                               0xe99c7026b45f7e41,
                               0x3991d639835339f4,
                               0x9c845f8bbdf9283b,
                               0x1ff897ffde05980f,
                               0xef2f118b5a0a6d1f,
                               0x6d367ecf27cb09b7,
                               0x4f463f669e5fea2d,
                               0x7527bac7ebe5f17b,
                               0x3d0739f78a5292ea,
                               0x6bfb5fb11f8d5d08,
                               0x56033046fc7b6bab};
  constexpr bool f = sizeof(T) == 4;
  constexpr T pi_half = T(f ? 0x1.921fb6p+0 : 0x1.921fb54442d18p+0),
              pi_half_lo = T(f ? -0x1.777a5cp-25 : 0x1.1a62633145c07p-54);
  const double d = double(x);
  const U bits = __builtin_bit_cast(U, d);
  const int exponent = int(bits >> 52 & 0x7ff) - 1075;  // |x| = m 2^exponent
  if (exponent == 0x7ff - 1075) {
    r = x - x;
    k = 0;
    return;
  }
  const U m = (bits & 0xfffffffffffff) | 0x10000000000000;
  // Bits of 2/pi of weight 2^(2 - exponent) or more give multiples of 4. The next 192 bits, times m, give
  // x 2/pi modulo 4.
  const int first = 64 + exponent - 2, word = first >> 6, shift = first & 63;
  U w[3], p[3];
  for (int i = 0; i < 3; i++)
    w[i] = shift == 0 ? two_over_pi[word + i]
                      : two_over_pi[word + i] << shift | two_over_pi[word + i + 1] >> (64 - shift);
  Wide carry = 0;
  for (int i = 2; i >= 0; i--) {
    carry += Wide(w[i]) * m;
    p[i] = U(carry);
    carry >>= 64;
  }
  // The upper two bits are the quadrant. Rounded to the nearest quadrant, the fraction is within +-1/2.
  k = int(p[0] >> 62) + int(p[0] >> 61 & 1);
  const bool below = p[0] >> 61 & 1;
  U a = p[0] << 2 | p[1] >> 62, b = p[1] << 2 | p[2] >> 62, c = p[2] << 2;
  if (below) {
    c = ~c + 1;
    b = ~b + (c == 0);
    a = ~a + (c == 0 && b == 0);
  }
  T scale = T(1);
  for (; !(a >> 63) && scale > T(1e-30); scale *= T(0.5)) {
    a = a << 1 | b >> 63;
    b = b << 1 | c >> 63;
    c <<= 1;
  }
  constexpr int digits = f ? 24 : 53;
  const T hi = T(a >> (64 - digits)) * T(1 / double(U(1) << digits));
  const T lo = T((a << digits | b >> (64 - digits)) >> (64 - digits)) *
               T(1 / double(U(1) << digits) / double(U(1) << digits));
  const T first_word = hi * pi_half;
  T second_word;
  if constexpr (f)
    second_word = __builtin_fmaf(hi, pi_half, -first_word) + (hi * pi_half_lo + lo * pi_half);
  else
    second_word = __builtin_fma(hi, pi_half, -first_word) + (hi * pi_half_lo + lo * pi_half);
  r = (first_word + second_word) * scale;
  if (below) r = -r;
  if (x < T(0)) {
    r = -r;
    k = -k;
  }
  k &= 3;
}

// Three words of pi/2 (Cody & Waite) for |x| <= 2^16 (2^40); larger lanes are reduced one by one.
template <class V, class T = typename V::Scalar>
NNCORE_INLINE TrigParts<V> split_trig(V x) {
  const V t = fma(x, V(T(0x1.45f306dc9c883p-1)), V(magic<V>));
  const V k = t - V(magic<V>);
  TrigParts<V> p = {fma(k, V(T(is_float<V> ? -0x1.921fb6p+0 : -0x1.921fb54442d18p+0)), x), t};
  p.r = fma(k, V(T(is_float<V> ? 0x1.777a5cp-25 : -0x1.1a62633145c07p-54)), p.r);
  p.r = fma(k, V(T(is_float<V> ? 0x1.ee59dap-50 : 0x1.f1976b7ed8fbcp-110)), p.r);
  const auto near = abs(x) <= V(T(is_float<V> ? 0x1p16 : 0x1p40));
  if (!all(near)) [[unlikely]] {
    T all[V::lanes], r[V::lanes], far_t[V::lanes];
    x.store(all);
    p.r.store(r);
    p.t.store(far_t);
    for (int i = 0; i < V::lanes; i++)
      if (!((all[i] < T(0) ? -all[i] : all[i]) <= T(is_float<V> ? 0x1p16 : 0x1p40))) {
        int quadrant;
        reduce_far(all[i], r[i], quadrant);
        far_t[i] = magic<V> + T(quadrant);
      }
    p = {V::load(r), V::load(far_t)};
  }
  return p;
}

// sin(r + k pi/2), negated if the sign bit of `flip` is set; accurate to 2^-27.8 (2^-57.8)
template <class V, class T = typename V::Scalar>
NNCORE_INLINE V sin_of(TrigParts<V> p, V flip = V(T(0))) {
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
  const auto odd = sign_bit(p.t.template shl<8 * sizeof(T) - 1>());
  const V sign = bit_and(bit_xor(p.t.template shl<8 * sizeof(T) - 2>(), flip), V(T(-0.0)));
  return bit_xor(select(odd, c, s), sign);
}

template <class V, class T = typename V::Scalar>
NNCORE_INLINE V sin(V x) {
  return sin_of(split_trig(abs(x)), x);
}

template <class V, class T = typename V::Scalar>
NNCORE_INLINE V cos(V x) {
  TrigParts<V> p = split_trig(x);
  p.t = bit_add(p.t, V::from_bits(1));
  return sin_of(p);
}

template <class V, class T = typename V::Scalar>
NNCORE_INLINE V tan(V x) {
  TrigParts<V> p = split_trig(x);
  const V s = sin_of(p);
  p.t = bit_add(p.t, V::from_bits(1));
  return select(x == V(T(0)), x, s / sin_of(p));
}
