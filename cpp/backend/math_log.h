// Logarithms: x = 2^e m, m in [sqrt 1/2, sqrt 2), then a polynomial (Tang; Muller's Handbook, chapter 10).
#pragma once

// x = 2^-down m for normal positive x
template <class V>
struct LogParts {
  V m, down;
};
template <class V, class T = typename V::Scalar>
NNCORE_INLINE LogParts<V> split_log(V x) {
  constexpr bool f = is_float<V>;
  using U = typename V::Uint;
  const V half_root = V::from_bits(U(f ? 0x3f3504f3 : 0x3fe6a09e667f3bcd));
  const V u =
      bit_add(x, V::from_bits(U(f ? 0x3f800000 - 0x3f3504f3 : 0x3ff0000000000000 - 0x3fe6a09e667f3bcd)));
  const V biased = bit_or(u.template shr<V::mantissa_bits>(), V(T(f ? 0x1p23 : 0x1p52)));
  const V m = bit_add(bit_and(u, V::from_bits(U(f ? 0x007fffff : 0x000fffffffffffff))), half_root);
  return {m, V(T(f ? 0x1p23 : 0x1p52) + bias<V>) - biased};
}

// log(1 + s) - s for 1 + s in [sqrt 1/2, sqrt 2]
template <class V, class T = typename V::Scalar>
NNCORE_INLINE V log_rest(V s) {
  if constexpr (is_float<V>) {  // s^2 (s P(s) - 1/2), accurate to 2^-27 of log(1 + s)
    const V p = polynomial(s, -0.5, 0.333333313, -0.250008225, 0.200012594, -0.16623348, 0.142011032,
                           -0.131595775, 0.127653614, -0.0764044896);
    return s * s * p;
  } else {  // z (s^2 / 2 + z^2 Q(z^2)) - s^2 / 2, z = s / (2 + s) (fdlibm's arrangement), accurate to 2^-66
    const V half_square = V(T(0.5)) * s * s;
    const V z = s / (V(T(2)) + s), zz = z * z;
    const V q =
        polynomial(zz, 0.66666666666666663, 0.40000000000004937, 0.28571428569404189, 0.22222222608281092,
                   0.18181778235032234, 0.15386994610876903, 0.13252009624006764, 0.13236097822928772);
    return fma(z, fma(zz, q, half_square), -half_square);
  }
}

// log(1 + s) - down ln 2
template <class V, class T = typename V::Scalar>
NNCORE_INLINE V log_sum(V s, V down) {
  const V rest = fma(down, V(T(is_float<V> ? 0x1.05c61p-29 : -0x1.abc9e3b39803fp-56)), log_rest(s));
  return fma(down, V(T(is_float<V> ? -0x1.62e43p-1 : -0x1.62e42fefa39efp-1)), s + rest);
}

// y for positive finite x, x for infinity and NaN, -infinity for 0, NaN for x < 0
template <class V, class T = typename V::Scalar>
NNCORE_INLINE V log_edges(V x, V y) {
  if (all(ordinary(x))) [[likely]]
    return y;
  const V low = select(x == V(T(0)), V(T(-__builtin_inf())), V(T(__builtin_nan(""))));
  return select(V(T(0)) < x, select(x < V(T(__builtin_inf())), y, x), low);
}

template <class V, class T = typename V::Scalar>
NNCORE_INLINE V log(V x) {
  const LogParts<V> p = split_log(x);
  return log_edges(x, log_sum(p.m - V(T(1)), p.down));
}

// log(1 + x): the exponent is that of the rounded 1 + x; the rounding error is added to the mantissa.
template <class V, class T = typename V::Scalar>
NNCORE_INLINE V log1p(V x) {
  const V u = V(T(1)) + x;
  const LogParts<V> p = split_log(u);
  const V lost = x - (u - V(T(1)));  // 0 for large x
  const V scale = power_of_two(max(V(-bias<V>), p.down) + V(magic<V> + bias<V>));
  const V y = log_sum(fma(lost, scale, p.m - V(T(1))), p.down);
  return bit_or(log_edges(u, y), bit_and(x, V(T(-0.0))));  // the sign of -0
}

// a + log(1 + x) for 0 <= x <= 1
template <class V, class T = typename V::Scalar>
NNCORE_INLINE V add_log1p(V a, V x) {
  if constexpr (is_float<V>) {  // log(1 + x) = x P(x), accurate to 2^-27.5
    const V p = polynomial(x, 1, -0.499999315, 0.333304644, -0.24958019, 0.196921021, -0.153448805,
                           0.106611282, -0.057457231, 0.0200862419, -0.00329046859);
    return fma(x, p, a);
  } else {
    const auto large = V(T(0.41421354)) < x;
    const V s = select(large, fma(x, V(T(0.5)), V(T(-0.5))), x);
    return a + (select(large, V(T(0x1.62e42fefa39efp-1)), V(T(0))) + (s + log_rest(s)));
  }
}

// log(1 + e^x)
template <class V>
NNCORE_INLINE V softplus(V x) {
  return add_log1p(max(V(0), x), exp_down(-abs(x)));
}

// log(1 + s) times log2(e) in two words
template <class V, class T = typename V::Scalar>
NNCORE_INLINE V log2(V x) {
  const V hi = V(T(is_float<V> ? 0x1.715476p+0 : 0x1.71547652b82fep+0));
  const V lo = V(T(is_float<V> ? 0x1.4ae0c0p-26 : 0x1.777d0ffda0d24p-56));
  const LogParts<V> p = split_log(x);
  const V s = p.m - V(T(1));
  const V first = s * hi;
  const V low = fma(log_rest(s), hi, fma(s, lo, fma(s, hi, -first)));
  const V head = first - p.down;
  return log_edges(x, head + ((first - (head + p.down)) + low));
}

// log(1 + s) times log10(e) in two words, minus down log10(2) in two words, whose first product is exact
template <class V, class T = typename V::Scalar>
NNCORE_INLINE V log10(V x) {
  const V hi = V(T(is_float<V> ? 0x1.bcb7b20000000p-2 : 0x1.bcb7b1526e50ep-2));
  const V lo = V(T(is_float<V> ? -0x1.5b235e0000000p-27 : 0x1.95355baaafad3p-57));
  const LogParts<V> p = split_log(x);
  const V s = p.m - V(T(1));
  const V first = s * hi;
  const V low = fma(log_rest(s), hi, fma(s, lo, fma(s, hi, -first)));
  const V whole = p.down * V(T(is_float<V> ? 0x1.3440000000000p-2 : 0x1.34413509f6000p-2));
  const V rest = fma(p.down, V(T(is_float<V> ? -0x1.3509f80000000p-18 : -0x1.9fef311f12b36p-42)), low);
  const V head = first - whole;
  return log_edges(x, head + ((first - (head + whole)) + rest));
}
