// AVX-512 F, DQ, BW, VL (x86-64-v4): 16 floats or 8 doubles per register.

template <class T>
struct Reg;

template <>
struct Reg<float> {
  using Raw = __m512;
  using Mask = __mmask16;
  using Uint = uint32_t;
  static constexpr int lanes = 16;
  static constexpr int registers = 32;
  static constexpr int tile_rows = 14, tile_regs = 2;  // the tile of a product; it fits the registers
  static constexpr int column_rows = 10;  // the same for a product with columns of B, and its panels at once
  static constexpr int column_panels(int rows) { return rows < 5 ? 2 : 1; }

  static Raw load(const float* p) { return _mm512_loadu_ps(p); }
  static void store(float* p, Raw a) { _mm512_storeu_ps(p, a); }
  // Stores to an aligned address past the caches. Call settle_streams() before another thread reads it.
  static void stream(float* p, Raw a) { _mm512_stream_ps(p, a); }
  static void settle_streams() { _mm_sfence(); }
  static Mask first(int n) { return Mask(n >= lanes ? -1 : n <= 0 ? 0 : (1 << n) - 1); }
  static Raw load_n(const float* p, int n) { return _mm512_maskz_loadu_ps(first(n), p); }
  static void store_n(float* p, Raw a, int n) { _mm512_mask_storeu_ps(p, first(n), a); }
  // A tail: the first n lanes. Its mask is computed once, outside the loop.
  using Tail = Mask;
  static Tail tail(int n) { return first(n); }
  static Raw load_tail(const float* p, Tail t) { return _mm512_maskz_loadu_ps(t, p); }
  static void store_tail(float* p, Raw a, Tail t) { _mm512_mask_storeu_ps(p, t, a); }
  // r[i][j] becomes r[j][i]
  static void transpose(Raw (&r)[16]) {
    Raw a[16], b[16];
#pragma GCC unroll 8
    for (int i = 0; i < 16; i += 2) {
      a[i] = _mm512_unpacklo_ps(r[i], r[i + 1]);
      a[i + 1] = _mm512_unpackhi_ps(r[i], r[i + 1]);
    }
#pragma GCC unroll 4
    for (int i = 0; i < 16; i += 4)
#pragma GCC unroll 2
      for (int j = 0; j < 2; j++) {
        b[i + 2 * j] = _mm512_shuffle_ps(a[i + j], a[i + j + 2], 0x44);
        b[i + 2 * j + 1] = _mm512_shuffle_ps(a[i + j], a[i + j + 2], 0xee);
      }
#pragma GCC unroll 4
    for (int j = 0; j < 4; j++) {
      a[j] = _mm512_shuffle_f32x4(b[j], b[j + 4], 0x88);
      a[j + 4] = _mm512_shuffle_f32x4(b[j], b[j + 4], 0xdd);
      a[j + 8] = _mm512_shuffle_f32x4(b[j + 8], b[j + 12], 0x88);
      a[j + 12] = _mm512_shuffle_f32x4(b[j + 8], b[j + 12], 0xdd);
    }
#pragma GCC unroll 4
    for (int j = 0; j < 4; j++) {
      r[j] = _mm512_shuffle_f32x4(a[j], a[j + 8], 0x88);
      r[j + 8] = _mm512_shuffle_f32x4(a[j], a[j + 8], 0xdd);
      r[j + 4] = _mm512_shuffle_f32x4(a[j + 4], a[j + 12], 0x88);
      r[j + 12] = _mm512_shuffle_f32x4(a[j + 4], a[j + 12], 0xdd);
    }
  }
  // r[c][i] = from[i][c]. Joining half rows when they are loaded needs three stages of shuffles
  // instead of four.
  static constexpr int strip = 8;
  template <class Rows>
  static void load_columns(const Rows& from, Raw (&r)[strip]) {
    const auto join = [&](int i) __attribute__((always_inline)) {
      return _mm512_insertf32x8(_mm512_castps256_ps512(_mm256_loadu_ps(from[i])),
                                _mm256_loadu_ps(from[i + 4]), 1);
    };
    const auto turn = [&](int i, Raw(&t)[4]) __attribute__((always_inline)) {
      const Raw a = join(i), b = join(i + 1), c = join(i + 2), d = join(i + 3);
      const Raw ab = _mm512_unpacklo_ps(a, b), AB = _mm512_unpackhi_ps(a, b);
      const Raw cd = _mm512_unpacklo_ps(c, d), CD = _mm512_unpackhi_ps(c, d);
      t[0] = _mm512_shuffle_ps(ab, cd, 0x44);
      t[1] = _mm512_shuffle_ps(ab, cd, 0xee);
      t[2] = _mm512_shuffle_ps(AB, CD, 0x44);
      t[3] = _mm512_shuffle_ps(AB, CD, 0xee);
    };
    Raw u[4], v[4];
    turn(0, u);
    turn(8, v);
#pragma GCC unroll 4
    for (int c = 0; c < 4; c++) {
      r[c] = _mm512_shuffle_f32x4(u[c], v[c], 0x88);
      r[c + 4] = _mm512_shuffle_f32x4(u[c], v[c], 0xdd);
    }
  }
  // The lanes at even and at odd places of a, then of b.
  static __m512i every_other() {
    return _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
  }
  static Raw even(Raw a, Raw b) { return _mm512_permutex2var_ps(a, every_other(), b); }
  static Raw odd(Raw a, Raw b) {
    return _mm512_permutex2var_ps(a, _mm512_add_epi32(every_other(), _mm512_set1_epi32(1)), b);
  }
  static Raw set1(float a) { return _mm512_set1_ps(a); }
  static Raw add(Raw a, Raw b) { return _mm512_add_ps(a, b); }
  static Raw sub(Raw a, Raw b) { return _mm512_sub_ps(a, b); }
  static Raw mul(Raw a, Raw b) { return _mm512_mul_ps(a, b); }
  static Raw div(Raw a, Raw b) { return _mm512_div_ps(a, b); }
  static Raw min(Raw a, Raw b) { return _mm512_min_ps(a, b); }
  static Raw max(Raw a, Raw b) { return _mm512_max_ps(a, b); }
  static Raw fma(Raw a, Raw b, Raw c) { return _mm512_fmadd_ps(a, b, c); }
  // c += a * b in place. GCC's own code moves the accumulators of a long chain through the stack.
  static void accumulate(Raw& c, Raw a, Raw b) { asm("vfmadd231ps %2, %1, %0" : "+v"(c) : "v"(a), "v"(b)); }
  static void accumulate_at(Raw& c, const float* a, Raw b) {  // c += *a * b
    asm("vfmadd231ps %1%{1to16%}, %2, %0" : "+v"(c) : "m"(*a), "v"(b));
  }
  static void settle(Raw& c) { asm volatile("" : "+v"(c)); }  // orders c before the code that follows
  static Raw sqrt(Raw a) { return _mm512_sqrt_ps(a); }
  static Raw round(Raw a) { return _mm512_roundscale_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
  static Raw floor(Raw a) { return _mm512_roundscale_ps(a, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC); }
  static Raw ceil(Raw a) { return _mm512_roundscale_ps(a, _MM_FROUND_TO_POS_INF | _MM_FROUND_NO_EXC); }
  static Raw trunc(Raw a) { return _mm512_roundscale_ps(a, _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC); }

  static Mask lt(Raw a, Raw b) { return _mm512_cmp_ps_mask(a, b, _CMP_LT_OQ); }
  static Mask le(Raw a, Raw b) { return _mm512_cmp_ps_mask(a, b, _CMP_LE_OQ); }
  static Mask eq(Raw a, Raw b) { return _mm512_cmp_ps_mask(a, b, _CMP_EQ_OQ); }
  static Raw select(Mask m, Raw a, Raw b) { return _mm512_mask_blend_ps(m, b, a); }
  static Mask mask_and(Mask a, Mask b) { return Mask(a & b); }
  static Mask mask_or(Mask a, Mask b) { return Mask(a | b); }
  static Mask mask_not(Mask a) { return Mask(~a); }
  static bool any(Mask a) { return a != 0; }
  static bool all(Mask a) { return a == 0xffff; }
  static Mask ordinary(Raw a) { return Mask(~_mm512_fpclass_ps_mask(a, 0xff)); }
  static Mask sign_bit(Raw a) { return _mm512_movepi32_mask(_mm512_castps_si512(a)); }

  // Lane i becomes lane i + k, for i < k; k = 8, 4, 2, 1.
  template <int k>
  static Raw down(Raw a) {
    if constexpr (k >= 4) return _mm512_shuffle_f32x4(a, a, k == 8 ? 0x0e : 0x01);
    return _mm512_permute_ps(a, k == 2 ? 0x0e : 0x01);
  }
  static Raw from_bits(Uint u) { return _mm512_castsi512_ps(_mm512_set1_epi32(int(u))); }
  static Raw bit_and(Raw a, Raw b) { return _mm512_and_ps(a, b); }
  static Raw bit_or(Raw a, Raw b) { return _mm512_or_ps(a, b); }
  static Raw bit_xor(Raw a, Raw b) { return _mm512_xor_ps(a, b); }
  static Raw bit_add(Raw a, Raw b) {
    return _mm512_castsi512_ps(_mm512_add_epi32(_mm512_castps_si512(a), _mm512_castps_si512(b)));
  }
  template <int k>
  static Raw bit_shl(Raw a) {
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_castps_si512(a), k));
  }
  template <int k>
  static Raw bit_shr(Raw a) {
    return _mm512_castsi512_ps(_mm512_srli_epi32(_mm512_castps_si512(a), k));
  }
};

template <>
struct Reg<double> {
  using Raw = __m512d;
  using Mask = __mmask8;
  using Uint = uint64_t;
  static constexpr int lanes = 8;
  static constexpr int registers = 32;
  static constexpr int tile_rows = 14, tile_regs = 2;  // the tile of a product; it fits the registers
  static constexpr int column_rows = 10;  // the same for a product with columns of B, and its panels at once
  static constexpr int column_panels(int rows) { return rows < 5 ? 2 : 1; }

  static Raw load(const double* p) { return _mm512_loadu_pd(p); }
  static void store(double* p, Raw a) { _mm512_storeu_pd(p, a); }
  static void stream(double* p, Raw a) { _mm512_stream_pd(p, a); }
  static void settle_streams() { _mm_sfence(); }
  static Mask first(int n) { return Mask(n >= lanes ? -1 : n <= 0 ? 0 : (1 << n) - 1); }
  static Raw load_n(const double* p, int n) { return _mm512_maskz_loadu_pd(first(n), p); }
  static void store_n(double* p, Raw a, int n) { _mm512_mask_storeu_pd(p, first(n), a); }
  using Tail = Mask;
  static Tail tail(int n) { return first(n); }
  static Raw load_tail(const double* p, Tail t) { return _mm512_maskz_loadu_pd(t, p); }
  static void store_tail(double* p, Raw a, Tail t) { _mm512_mask_storeu_pd(p, t, a); }
  static void transpose(Raw (&r)[8]) {
    Raw a[8], b[8];
#pragma GCC unroll 4
    for (int i = 0; i < 8; i += 2) {
      a[i] = _mm512_unpacklo_pd(r[i], r[i + 1]);
      a[i + 1] = _mm512_unpackhi_pd(r[i], r[i + 1]);
    }
#pragma GCC unroll 2
    for (int j = 0; j < 2; j++) {
      b[j] = _mm512_shuffle_f64x2(a[j], a[j + 2], 0x88);
      b[j + 2] = _mm512_shuffle_f64x2(a[j], a[j + 2], 0xdd);
      b[j + 4] = _mm512_shuffle_f64x2(a[j + 4], a[j + 6], 0x88);
      b[j + 6] = _mm512_shuffle_f64x2(a[j + 4], a[j + 6], 0xdd);
    }
#pragma GCC unroll 2
    for (int j = 0; j < 2; j++) {
      r[j] = _mm512_shuffle_f64x2(b[j], b[j + 4], 0x88);
      r[j + 4] = _mm512_shuffle_f64x2(b[j], b[j + 4], 0xdd);
      r[j + 2] = _mm512_shuffle_f64x2(b[j + 2], b[j + 6], 0x88);
      r[j + 6] = _mm512_shuffle_f64x2(b[j + 2], b[j + 6], 0xdd);
    }
  }
  static constexpr int strip = 4;
  template <class Rows>
  static void load_columns(const Rows& from, Raw (&r)[strip]) {
    const auto join = [&](int i) __attribute__((always_inline)) {
      return _mm512_insertf64x4(_mm512_castpd256_pd512(_mm256_loadu_pd(from[i])),
                                _mm256_loadu_pd(from[i + 2]), 1);
    };
    const Raw a = join(0), b = join(1), c = join(4), d = join(5);
    const Raw ab = _mm512_unpacklo_pd(a, b), AB = _mm512_unpackhi_pd(a, b);
    const Raw cd = _mm512_unpacklo_pd(c, d), CD = _mm512_unpackhi_pd(c, d);
    r[0] = _mm512_shuffle_f64x2(ab, cd, 0x88);
    r[1] = _mm512_shuffle_f64x2(AB, CD, 0x88);
    r[2] = _mm512_shuffle_f64x2(ab, cd, 0xdd);
    r[3] = _mm512_shuffle_f64x2(AB, CD, 0xdd);
  }
  static __m512i every_other() { return _mm512_setr_epi64(0, 2, 4, 6, 8, 10, 12, 14); }
  static Raw even(Raw a, Raw b) { return _mm512_permutex2var_pd(a, every_other(), b); }
  static Raw odd(Raw a, Raw b) {
    return _mm512_permutex2var_pd(a, _mm512_add_epi64(every_other(), _mm512_set1_epi64(1)), b);
  }
  static Raw set1(double a) { return _mm512_set1_pd(a); }
  static Raw add(Raw a, Raw b) { return _mm512_add_pd(a, b); }
  static Raw sub(Raw a, Raw b) { return _mm512_sub_pd(a, b); }
  static Raw mul(Raw a, Raw b) { return _mm512_mul_pd(a, b); }
  static Raw div(Raw a, Raw b) { return _mm512_div_pd(a, b); }
  static Raw min(Raw a, Raw b) { return _mm512_min_pd(a, b); }
  static Raw max(Raw a, Raw b) { return _mm512_max_pd(a, b); }
  static Raw fma(Raw a, Raw b, Raw c) { return _mm512_fmadd_pd(a, b, c); }
  static void accumulate(Raw& c, Raw a, Raw b) { asm("vfmadd231pd %2, %1, %0" : "+v"(c) : "v"(a), "v"(b)); }
  static void accumulate_at(Raw& c, const double* a, Raw b) {
    asm("vfmadd231pd %1%{1to8%}, %2, %0" : "+v"(c) : "m"(*a), "v"(b));
  }
  static void settle(Raw& c) { asm volatile("" : "+v"(c)); }  // orders c before the code that follows
  // The product of the low halves of each lane as integers.
  static Raw mul_low(Raw a, Raw b) {
    return _mm512_castsi512_pd(_mm512_mul_epu32(_mm512_castpd_si512(a), _mm512_castpd_si512(b)));
  }
  static Raw sqrt(Raw a) { return _mm512_sqrt_pd(a); }
  static Raw round(Raw a) { return _mm512_roundscale_pd(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
  static Raw floor(Raw a) { return _mm512_roundscale_pd(a, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC); }
  static Raw ceil(Raw a) { return _mm512_roundscale_pd(a, _MM_FROUND_TO_POS_INF | _MM_FROUND_NO_EXC); }
  static Raw trunc(Raw a) { return _mm512_roundscale_pd(a, _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC); }

  static Mask lt(Raw a, Raw b) { return _mm512_cmp_pd_mask(a, b, _CMP_LT_OQ); }
  static Mask le(Raw a, Raw b) { return _mm512_cmp_pd_mask(a, b, _CMP_LE_OQ); }
  static Mask eq(Raw a, Raw b) { return _mm512_cmp_pd_mask(a, b, _CMP_EQ_OQ); }
  static Raw select(Mask m, Raw a, Raw b) { return _mm512_mask_blend_pd(m, b, a); }
  static Mask mask_and(Mask a, Mask b) { return Mask(a & b); }
  static Mask mask_or(Mask a, Mask b) { return Mask(a | b); }
  static Mask mask_not(Mask a) { return Mask(~a); }
  static bool any(Mask a) { return a != 0; }
  static bool all(Mask a) { return a == 0xff; }
  static Mask ordinary(Raw a) { return Mask(~_mm512_fpclass_pd_mask(a, 0xff)); }
  static Mask sign_bit(Raw a) { return _mm512_movepi64_mask(_mm512_castpd_si512(a)); }

  template <int k>
  static Raw down(Raw a) {
    if constexpr (k >= 2) return _mm512_shuffle_f64x2(a, a, k == 4 ? 0x0e : 0x01);
    return _mm512_permute_pd(a, 0x01);
  }
  static Raw from_bits(Uint u) { return _mm512_castsi512_pd(_mm512_set1_epi64(static_cast<long long>(u))); }
  static Raw bit_and(Raw a, Raw b) { return _mm512_and_pd(a, b); }
  static Raw bit_or(Raw a, Raw b) { return _mm512_or_pd(a, b); }
  static Raw bit_xor(Raw a, Raw b) { return _mm512_xor_pd(a, b); }
  static Raw bit_add(Raw a, Raw b) {
    return _mm512_castsi512_pd(_mm512_add_epi64(_mm512_castpd_si512(a), _mm512_castpd_si512(b)));
  }
  template <int k>
  static Raw bit_shl(Raw a) {
    return _mm512_castsi512_pd(_mm512_slli_epi64(_mm512_castpd_si512(a), k));
  }
  template <int k>
  static Raw bit_shr(Raw a) {
    return _mm512_castsi512_pd(_mm512_srli_epi64(_mm512_castpd_si512(a), k));
  }
};
