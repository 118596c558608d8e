// Vec<T>: 16 floats or 8 doubles on every level, the lanes of every reduction (backend/order.h). All formulas
// and kernels use Vec, so every level runs the same arithmetic in the same order. Kernels without operations
// across lanes may use fewer, Vec<T, n>: the same bits from shorter code.

// f(0), ..., f(regs - 1), written out for the few registers of SIMD levels: compiles in half the time of a loop
template <int regs, class F>
inline void for_each_register(F f) {
  if constexpr (regs <= 4) {
    f(0);
    if constexpr (regs > 1) f(1);
    if constexpr (regs > 2) f(2);
    if constexpr (regs > 3) f(3);
  } else {
    for (int i = 0; i < regs; i++) f(i);
  }
}

template <class T, int n = int(nncore::vector_bytes / sizeof(T))>
struct Vec;

template <class T, int n>
struct VecMask {
  static constexpr int regs = n / Reg<T>::lanes;
  typename Reg<T>::Mask r[regs];

  friend VecMask operator&(VecMask a, VecMask b) {
    for_each_register<regs>([&](int i) { a.r[i] = Reg<T>::mask_and(a.r[i], b.r[i]); });
    return a;
  }
  friend VecMask operator|(VecMask a, VecMask b) {
    for_each_register<regs>([&](int i) { a.r[i] = Reg<T>::mask_or(a.r[i], b.r[i]); });
    return a;
  }
  friend VecMask operator!(VecMask a) {
    for_each_register<regs>([&](int i) { a.r[i] = Reg<T>::mask_not(a.r[i]); });
    return a;
  }
  friend bool any(VecMask a) {
    for (int i = 1; i < regs; i++) a.r[0] = Reg<T>::mask_or(a.r[0], a.r[i]);
    return Reg<T>::any(a.r[0]);
  }
  friend bool all(VecMask a) {
    for (int i = 1; i < regs; i++) a.r[0] = Reg<T>::mask_and(a.r[0], a.r[i]);
    return Reg<T>::all(a.r[0]);
  }
};

template <class T, int n>
struct Vec {
  using R = Reg<T>;
  using Scalar = T;
  using Mask = VecMask<T, n>;  // a class even for one lane, because CUDA declares any(bool) and all(bool)
  using Uint = typename R::Uint;
  static constexpr int lanes = n;
  static constexpr int regs = lanes / R::lanes;
  static constexpr int mantissa_bits = sizeof(T) == 4 ? 23 : 52;
  typename R::Raw r[regs];

  Vec() = default;
  Vec(T a) {  // NOLINT: constants in formulas read as numbers
    for_each_register<regs>([&](int i) { r[i] = R::set1(a); });
  }

  template <class F>
  static Vec each(F f) {
    Vec v;
    for_each_register<regs>([&](int i) { v.r[i] = f(i); });
    return v;
  }
  template <class F>
  static Mask each_mask(F f) {
    Mask m;
    for_each_register<regs>([&](int i) { m.r[i] = f(i); });
    return m;
  }

  static Vec load(const T* p) {
    return each([&](int i) { return R::load(p + i * R::lanes); });
  }
  // The first m lanes. The others are zero; their memory is not read.
  static Vec load_n(const T* p, int64_t m) {
    return each([&](int i) { return R::load_n(p + i * R::lanes, int(m) - i * R::lanes); });
  }
  static Vec from_bits(Uint u) {
    return each([&](int) { return R::from_bits(u); });
  }
  void store(T* p) const {
    for_each_register<regs>([&](int i) { R::store(p + i * R::lanes, r[i]); });
  }
  void stream(T* p) const {
    for_each_register<regs>([&](int i) { R::stream(p + i * R::lanes, r[i]); });
  }
  void store_n(T* p, int64_t m) const {
    for_each_register<regs>([&](int i) { R::store_n(p + i * R::lanes, r[i], int(m) - i * R::lanes); });
  }

  friend Vec operator+(Vec a, Vec b) {
    return each([&](int i) { return R::add(a.r[i], b.r[i]); });
  }
  friend Vec operator-(Vec a, Vec b) {
    return each([&](int i) { return R::sub(a.r[i], b.r[i]); });
  }
  friend Vec operator*(Vec a, Vec b) {
    return each([&](int i) { return R::mul(a.r[i], b.r[i]); });
  }
  friend Vec operator/(Vec a, Vec b) {
    return each([&](int i) { return R::div(a.r[i], b.r[i]); });
  }
  friend Vec operator-(Vec a) {
    return each([&](int i) { return -a.r[i]; });  // GNU vectors: fuses into fma
  }
  friend Mask operator<(Vec a, Vec b) {
    return each_mask([&](int i) { return R::lt(a.r[i], b.r[i]); });
  }
  friend Mask operator<=(Vec a, Vec b) {
    return each_mask([&](int i) { return R::le(a.r[i], b.r[i]); });
  }
  friend Mask operator>(Vec a, Vec b) { return b < a; }
  friend Mask operator>=(Vec a, Vec b) { return b <= a; }
  friend Mask operator==(Vec a, Vec b) {
    return each_mask([&](int i) { return R::eq(a.r[i], b.r[i]); });
  }
  friend Mask operator!=(Vec a, Vec b) { return !(a == b); }
  friend Mask ordinary(Vec a) {  // normal, finite and positive
    return each_mask([&](int i) { return R::ordinary(a.r[i]); });
  }
  friend Mask sign_bit(Vec a) {
    return each_mask([&](int i) { return R::sign_bit(a.r[i]); });
  }

  // a * b + c with one rounding
  friend Vec fma(Vec a, Vec b, Vec c) {
    return each([&](int i) { return R::fma(a.r[i], b.r[i], c.r[i]); });
  }
  friend Vec sqrt(Vec a) {
    return each([&](int i) { return R::sqrt(a.r[i]); });
  }
  // a < b ? a : b, so b if either is NaN; max likewise
  friend Vec min(Vec a, Vec b) {
    return each([&](int i) { return R::min(a.r[i], b.r[i]); });
  }
  friend Vec max(Vec a, Vec b) {
    return each([&](int i) { return R::max(a.r[i], b.r[i]); });
  }
  friend Vec round(Vec a) {  // to the nearest, ties to even
    return each([&](int i) { return R::round(a.r[i]); });
  }
  friend Vec floor(Vec a) {
    return each([&](int i) { return R::floor(a.r[i]); });
  }
  friend Vec ceil(Vec a) {
    return each([&](int i) { return R::ceil(a.r[i]); });
  }
  friend Vec trunc(Vec a) {
    return each([&](int i) { return R::trunc(a.r[i]); });
  }
  friend Vec select(Mask m, Vec a, Vec b) {  // m ? a : b
    return each([&](int i) { return R::select(m.r[i], a.r[i], b.r[i]); });
  }

  friend Vec bit_and(Vec a, Vec b) {
    return each([&](int i) { return R::bit_and(a.r[i], b.r[i]); });
  }
  friend Vec bit_or(Vec a, Vec b) {
    return each([&](int i) { return R::bit_or(a.r[i], b.r[i]); });
  }
  friend Vec bit_xor(Vec a, Vec b) {
    return each([&](int i) { return R::bit_xor(a.r[i], b.r[i]); });
  }
  friend Vec bit_add(Vec a, Vec b) {  // adds the bits as integers, modulo 2^32 or 2^64
    return each([&](int i) { return R::bit_add(a.r[i], b.r[i]); });
  }
  friend Vec mul_low(Vec a, Vec b) {  // multiplies the low halves of 64-bit lanes as integers
    return each([&](int i) { return R::mul_low(a.r[i], b.r[i]); });
  }
  template <int k>
  Vec shl() const {
    return each([&](int i) { return R::template bit_shl<k>(r[i]); });
  }
  template <int k>
  Vec shr() const {
    return each([&](int i) { return R::template bit_shr<k>(r[i]); });
  }
  friend Vec abs(Vec a) { return bit_and(a, from_bits(Uint(~Uint(0)) >> 1)); }
  friend Vec copysign(Vec magnitude, Vec sign) { return bit_or(abs(magnitude), bit_and(sign, Vec(T(-0.0)))); }

  T first() const {  // lane 0
    if constexpr (R::lanes == 1)
      return r[0];
    else
      return r[0][0];
  }

  // By halves, as order.h says.
  template <class Join>
  T fold(Join join) const {
    Vec<T, R::lanes> part[regs];
    for_each_register<regs>([&](int i) { part[i].r[0] = r[i]; });
#pragma GCC unroll 4
    for (int half = regs / 2; half > 0; half /= 2)
      for (int i = 0; i < half; i++) part[i] = join(part[i], part[i + half]);
    return fold_register<R::lanes / 2>(part[0], join);
  }
  template <int half, class Join>
  static T fold_register(Vec<T, R::lanes> v, Join join) {
    if constexpr (half == 0) {
      return v.first();
    } else {
      Vec<T, R::lanes> upper;
      upper.r[0] = R::template down<half>(v.r[0]);
      return fold_register<half / 2>(join(v, upper), join);
    }
  }
};

// For independent lanes, a level uses two registers, or one of 512 bits, or one number.
template <class T>
using Lanes = Vec<T, Reg<T>::lanes*(Reg<T>::lanes == 1 || Reg<T>::lanes * sizeof(T) == 64 ? 1 : 2)>;

// The next lanes of an array with `left` numbers left.
template <class V, class T>
V load_some(const T* p, int64_t left) {
  return left >= V::lanes ? V::load(p) : V::load_n(p, left);
}
template <class V, class T>
void store_some(T* p, V v, int64_t left) {
  if (left >= V::lanes)
    v.store(p);
  else
    v.store_n(p, left);
}
