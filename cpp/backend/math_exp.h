// exp and related functions. Coefficients are minimax fits (Remez), rounded one after another.
#pragma once

// Functions of vectors are inlined, and kernels that use long ones are flattened, because a call passes
// vectors through memory and is 13 times slower. The scalar level (NNCORE_COMPACT) is not inlined, which
// divides its size by four. Builds with sanitizers are not inlined either: they would compile for minutes.
#if defined(NNCORE_COMPACT) || defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define NNCORE_INLINE constexpr
#define NNCORE_FLATTEN
#else
#define NNCORE_INLINE [[gnu::always_inline]] constexpr
#define NNCORE_FLATTEN [[gnu::flatten]]
#endif

// c0 + c1 x + c2 x^2 + ... by Horner's rule
template <class V, class T = typename V::Scalar>
NNCORE_INLINE V polynomial(V, double c) {
  return V(T(c));
}
template <class V, class T = typename V::Scalar, class... C>
NNCORE_INLINE V polynomial(V x, double c, C... rest) {
  return fma(x, polynomial(x, rest...), V(T(c)));
}

template <class V>
constexpr bool is_float = sizeof(typename V::Scalar) == 4;

// magic + x has the integer nearest to x in the low bits of its mantissa, for |x| < 2^22 (2^51).
template <class V, class T = typename V::Scalar>
constexpr T magic = T(is_float<V> ? 0x1.8p23 : 0x1.8p52);
template <class V, class T = typename V::Scalar>
constexpr T bias = T(is_float<V> ? 127 : 1023);

// x = n ln 2 + r, |r| <= ln 2 / 2, with ln 2 in two words (Cody & Waite); t = n + shift.
template <class V>
struct ExpParts {
  V t, r;
};
template <class V, class T = typename V::Scalar>
NNCORE_INLINE ExpParts<V> split_exp(V x, T shift = magic<V> + bias<V>) {
  const V t = fma(x, V(T(0x1.71547652b82fep+0)), V(shift));
  const V n = t - V(shift);
  V r = fma(n, V(T(is_float<V> ? -0x1.62e43p-1 : -0x1.62e42fefa39efp-1)), x);
  r = fma(n, V(T(is_float<V> ? 0x1.05c61p-29 : -0x1.abc9e3b39803fp-56)), r);
  return {t, r};
}

// 2^n from t = n + bias + magic, -bias <= n <= bias + 1: 0 at the lower bound, infinity at the upper bound
template <class V>
NNCORE_INLINE V power_of_two(V t) {
  return t.template shl<V::mantissa_bits>();
}

// c (e^(a r) - 1 - a r) / r^2 for |a r| <= ln 2 / 2; |a| and c are powers of two. The relative error of
// e^(a r) is then at most 2^-28 (2^-57), that of e^(a r) - 1 at most 2^-26 (2^-61).
template <class V>
NNCORE_INLINE V exp_tail(V r, double a = 1, double c = 1) {
  const double b = a * a * c, d = b * a, e = d * a, f = e * a, g = f * a;
  if constexpr (is_float<V>) {
    return polynomial(r, 0.49999997 * b, 0.166665375 * d, 0.0416677408 * e, 0.00836731773 * f,
                      0.00138378923 * g);
  } else {
    const double h = g * a, i = h * a, j = i * a;
    return polynomial(r, 0.5 * b, 0.1666666666666668 * d, 0.04166666666666672 * e, 0.0083333333333189558 * f,
                      0.0013888888888842696 * g, 0.00019841269893372629 * h, 2.4801587434653562e-5 * i,
                      2.7557236548313346e-6 * j, 2.7557157195528112e-7 * (j * a),
                      2.5111804500700002e-8 * (j * a * a), 2.0957679093424415e-9 * (j * a * a * a));
  }
}

// e^(a r) and e^r - 1
template <class V, class T = typename V::Scalar>
NNCORE_INLINE V exp_core(V r, double a = 1) {
  return fma(fma(exp_tail(r, a), r, V(T(a))), r, V(T(1)));
}
template <class V>
NNCORE_INLINE V expm1_core(V r) {
  return fma(r * r, exp_tail(r), r);
}

// y 2^n from t = n + magic, for normal y and y 2^n
template <class V>
NNCORE_INLINE V add_exponent(V y, V t) {
  return bit_add(y, t.template shl<V::mantissa_bits>());
}

// lo for x < lo, hi for x > hi, NaN for NaN
template <class V, class = typename V::Scalar>
NNCORE_INLINE V clip(V x, V lo, V hi) {
  return min(hi, max(lo, x));
}

// y for low <= x <= high, 0 below low, infinity above high. One comparison with edge skips the rare cases.
template <class V, class T = typename V::Scalar>
NNCORE_INLINE V exp_edges(V x, T edge, T low, T high, V y) {
  if (all(abs(x) <= V(edge))) [[likely]]
    return y;
  return select(x <= V(high), select(V(low) <= x, y, V(T(0))), x + V(T(__builtin_inf())));
}

template <class V, class T = typename V::Scalar>
NNCORE_INLINE V exp(V x) {
  // the smallest and the largest x with a normal, finite result
  constexpr T low = T(is_float<V> ? -0x1.5d589ep+6 : -0x1.6232bdd7abcd2p+9);
  constexpr T high = T(is_float<V> ? 0x1.62e42ep+6 : 0x1.62e42fefa39efp+9);
  const ExpParts<V> e = split_exp(x, magic<V>);
  return exp_edges(x, -low, low, high, add_exponent(exp_core(e.r), e.t));
}

// (2^r - 1) / r for |r| <= 1/2, accurate to 2^-26
template <class V>
NNCORE_INLINE V exp2_slope(V r) {
  return polynomial(r, 0.693147182, 0.240226507, 0.0555035695, 0.00961803086, 0.00133908866, 0.000154696201);
}

template <class V, class T = typename V::Scalar>
NNCORE_INLINE V exp2(V x) {
  constexpr T low = T(1) - bias<V>;  // 0 below the normal range
  constexpr T high = T(is_float<V> ? 0x1.fffffep+6 : 0x1.fffffffffffffp+9);
  const V t = x + V(magic<V>), r = x - (t - V(magic<V>));
  const V power = add_exponent(exp_core(r * V(T(0x1.62e42fefa39efp-1))), t);
  return exp_edges(x, -low, low, high, power);
}

// e^x for x <= 0
template <class V, class T = typename V::Scalar>
NNCORE_INLINE V exp_down(V x) {
  const ExpParts<V> e = split_exp(max(V(T(is_float<V> ? -87.5 : -708.5)), x));
  return exp_core(e.r) * power_of_two(e.t);
}

template <class V, class T = typename V::Scalar>
NNCORE_INLINE V expm1(V x) {
  constexpr T shift = magic<V> + bias<V>;
  const ExpParts<V> e = split_exp(clip(x, V(T(-40)), V(T(is_float<V> ? 89 : 710))));
  const V top = min(V(shift + bias<V>), e.t);
  const V s = power_of_two(top);
  const V y = fma(s, expm1_core(e.r), s - V(T(1)));
  return bit_or(fma(y, e.t - top, y), bit_and(x, V(T(-0.0))));  // the sign of -0
}

// (1 - e^-2|x|) / (1 + e^-2|x|) with the sign of x. e^-2|x| = w (1 + m) with a power of two w: the numerator
// is (1 - w) - w m, the denominator (1 + w) + w m.
template <class V, class T = typename V::Scalar>
NNCORE_INLINE V tanh(V x) {
  V top, sum;
  if constexpr (is_float<V>) {  // with half of m
    constexpr T shift = magic<V> + bias<V>;
    const V h = max(V(T(-10)), bit_or(x, V(T(-0.0))));
    const V t = fma(h, V(T(0x1.71547652b82fep+1)), V(shift));
    const V r = fma(t - V(shift), V(T(-0x1.62e43p-2)), h);  // one word of ln 2 is enough
    const V w = power_of_two(t), m = fma(r * r, exp_tail(r, 2, 0.5), r);
    top = fma(-(w + w), m, V(T(1)) - w);
    sum = fma(w + w, m, V(T(1)) + w);
  } else {
    const V twice = max(V(T(-40)), bit_or(x + x, V(T(-0.0))));
    const ExpParts<V> e = split_exp(twice);
    const V w = power_of_two(e.t);
    // m includes the rounding error of the reduction
    const V n = e.t - V(magic<V> + bias<V>), hi = fma(n, V(T(-0x1.62e42fefa39efp-1)), twice);
    const V m = e.r + fma(e.r * e.r, exp_tail(e.r), fma(n, V(T(-0x1.abc9e3b39803fp-56)), hi - e.r));
    top = fma(-w, m, V(T(1)) - w);
    sum = fma(w, m, V(T(1)) + w);
  }
  return bit_or(top / sum, bit_and(x, V(T(-0.0))));
}

// split_exp(-x), with |x| clipped before 1 + e^-x overflows; one comparison skips the clip, which is rare.
template <class V, class T = typename V::Scalar>
NNCORE_INLINE ExpParts<V> split_logistic(V x) {
  const V edge(T(is_float<V> ? 88 : 709));
  if (!all(abs(x) <= edge)) [[unlikely]]
    x = clip(x, -edge, edge);
  return split_exp(-x);
}

// 1 + e^-x = (1 + w m) + w, m = e^r - 1; w = 2^n and r are from split_exp(-x)
template <class V, class T = typename V::Scalar>
NNCORE_INLINE V logistic_sum(V w, V r) {
  return fma(w, expm1_core(r), V(T(1))) + w;
}

template <class V, class T = typename V::Scalar>
NNCORE_INLINE V sigmoid(V x) {
  const ExpParts<V> e = split_logistic(x);
  return V(T(1)) / logistic_sum(power_of_two(e.t), e.r);
}

// y = sigmoid(x) and rest = 1 - y, each to a few ulp
template <class V>
struct Logistic {
  V y, rest;
};
template <class V, class T = typename V::Scalar>
NNCORE_INLINE Logistic<V> logistic(V x) {
  const ExpParts<V> e = split_logistic(x);
  const V w = power_of_two(e.t), y = V(T(1)) / logistic_sum(w, e.r);
  return {y, exp_core(e.r) * w * y};
}

// 2^n = power * rest from t = n + bias + magic; rest is 1 if 2^n e^r is normal for all |r| <= ln 2 / 2.
template <class V>
struct WidePower {
  V power, rest;
};
template <class V, class T = typename V::Scalar>
NNCORE_INLINE WidePower<V> wide_power(V t) {
  constexpr T shift = magic<V> + bias<V>;
  const V top = max(V(shift + T(2) - bias<V>), t);
  return {power_of_two(top), power_of_two((t - top) + V(shift))};
}

// x / (1 + e^-(v + v_lo)). e^-v may overflow, so its power of two has two factors.
template <class V, class T = typename V::Scalar>
NNCORE_INLINE V times_sigmoid(V x, V v, V v_lo) {
  constexpr T shift = magic<V> + bias<V>;
  const ExpParts<V> e = split_exp(clip(-v, V(T(-60)), V(T(is_float<V> ? 110 : 780))));
  const V top = min(V(shift + bias<V> - T(1)), e.t);
  return x / logistic_sum(power_of_two(top), e.r - v_lo) * power_of_two((top - e.t) + V(shift));
}
template <class V, class T = typename V::Scalar>
NNCORE_INLINE V silu(V x) {
  if (all(abs(x) <= V(T(is_float<V> ? 87 : 708)))) [[likely]] {
    const ExpParts<V> e = split_exp(-x);
    return x / logistic_sum(power_of_two(e.t), e.r);
  }
  return times_sigmoid(max(V(T(is_float<V> ? -110 : -780)), x), x, V(T(0)));
}
