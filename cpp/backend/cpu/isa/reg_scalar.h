// One number per register: the reference level, for any processor.
// Each level defines Reg<float> and Reg<double> with the same members; vec.h builds on them.

template <class T>
struct ScalarBits;
template <>
struct ScalarBits<float> {
  using Uint = uint32_t;
};
template <>
struct ScalarBits<double> {
  using Uint = uint64_t;
};

template <class T>
struct Reg {
  using Raw = T;
  using Mask = bool;
  using Uint = typename ScalarBits<T>::Uint;
  static constexpr int lanes = 1;
  static constexpr int registers = 7;
  static constexpr int tile_rows = 2, tile_regs = 2;  // the tile of a product; it fits the registers
  static constexpr int column_rows = 2;  // the same for a product with columns of B, and its panels at once
  static constexpr int column_panels(int rows) { return 1 + 0 * rows; }

  static Raw load(const T* p) { return *p; }
  static void store(T* p, Raw a) { *p = a; }
  static void stream(T* p, Raw a) { *p = a; }
  static void settle_streams() {}
  static Raw load_n(const T* p, int n) { return n > 0 ? *p : T(0); }
  static void store_n(T* p, Raw a, int n) {
    if (n > 0) *p = a;
  }
  using Tail = int;
  static Tail tail(int n) { return n; }
  static Raw load_tail(const T* p, Tail t) { return load_n(p, t); }
  static void store_tail(T* p, Raw a, Tail t) { store_n(p, a, t); }
  static void transpose(Raw (&)[1]) {}
  static constexpr int strip = 1;
  template <class Rows>
  static void load_columns(const Rows& from, Raw (&r)[strip]) {
    r[0] = *from[0];
  }
  // The lanes at even and at odd places of a, then of b.
  static Raw even(Raw a, Raw) { return a; }
  static Raw odd(Raw, Raw b) { return b; }
  static Raw set1(T a) { return a; }
  static Raw add(Raw a, Raw b) { return a + b; }
  static Raw sub(Raw a, Raw b) { return a - b; }
  static Raw mul(Raw a, Raw b) { return a * b; }
  static Raw div(Raw a, Raw b) { return a / b; }
  static float fma(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
  static double fma(double a, double b, double c) { return __builtin_fma(a, b, c); }
  static void accumulate(Raw& c, Raw a, Raw b) { c = fma(a, b, c); }
  static void accumulate_at(Raw& c, const T* a, Raw b) { c = fma(*a, b, c); }
  static void settle(Raw&) {}
  static float sqrt(float a) { return __builtin_sqrtf(a); }
  static double sqrt(double a) { return __builtin_sqrt(a); }
  // x86 returns zero instead of a subnormal number.
  static Raw flush(Raw a) { return a == T(0) ? bit_and(a, T(-0.0)) : a; }
  static Raw min(Raw a, Raw b) { return flush(a < b ? a : b); }
  static Raw max(Raw a, Raw b) { return flush(a > b ? a : b); }
  static Raw round(Raw a) { return T(__builtin_rint(a)); }
  static Raw floor(Raw a) { return T(__builtin_floor(a)); }
  static Raw ceil(Raw a) { return T(__builtin_ceil(a)); }
  static Raw trunc(Raw a) { return T(__builtin_trunc(a)); }

  static Mask lt(Raw a, Raw b) { return a < b; }
  static Mask le(Raw a, Raw b) { return a <= b; }
  static Mask eq(Raw a, Raw b) { return a == b; }
  static Raw select(Mask m, Raw a, Raw b) { return m ? a : b; }
  static Mask mask_and(Mask a, Mask b) { return a && b; }
  static Mask mask_or(Mask a, Mask b) { return a || b; }
  static Mask mask_not(Mask a) { return !a; }
  static bool any(Mask a) { return a; }
  static bool all(Mask a) { return a; }
  static Mask ordinary(Raw a) { return T(0) < a && a < T(__builtin_inf()); }
  static Mask sign_bit(Raw a) { return __builtin_signbit(a) != 0; }

  static Uint bits(Raw a) { return __builtin_bit_cast(Uint, a); }
  static Raw from_bits(Uint u) { return __builtin_bit_cast(Raw, u); }
  static Raw bit_and(Raw a, Raw b) { return from_bits(bits(a) & bits(b)); }
  static Raw bit_or(Raw a, Raw b) { return from_bits(bits(a) | bits(b)); }
  static Raw bit_xor(Raw a, Raw b) { return from_bits(bits(a) ^ bits(b)); }
  static Raw bit_add(Raw a, Raw b) { return from_bits(Uint(bits(a) + bits(b))); }
  // The product of the low halves of a double as integers.
  static Raw mul_low(Raw a, Raw b) {
    return from_bits(Uint(uint64_t(uint32_t(bits(a))) * uint32_t(bits(b))));
  }
  template <int k>
  static Raw bit_shl(Raw a) {
    return from_bits(bits(a) << k);
  }
  template <int k>
  static Raw bit_shr(Raw a) {
    return from_bits(bits(a) >> k);
  }
};
