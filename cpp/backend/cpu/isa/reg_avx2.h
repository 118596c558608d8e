// AVX2 and FMA (x86-64-v3): 8 floats or 4 doubles per register.

template <class T>
struct Reg;

constexpr int32_t tail_mask[16] = {-1, -1, -1, -1, -1, -1, -1, -1};

template <>
struct Reg<float> {
  using Raw = __m256;
  using Mask = __m256;
  using Uint = uint32_t;
  static constexpr int lanes = 8;
  static constexpr int registers = 16;
  static constexpr int tile_rows = 6, tile_regs = 2;  // the tile of a product; it fits the registers
  static constexpr int column_rows = 5;  // the same for a product with columns of B, and its panels at once
  static constexpr int column_panels(int rows) { return rows < 3 ? 4 : rows < 6 ? 2 : 1; }

  static Raw load(const float* p) { return _mm256_loadu_ps(p); }
  static void store(float* p, Raw a) { _mm256_storeu_ps(p, a); }
  // Stores to an aligned address past the caches. Call settle_streams() before another thread reads it.
  static void stream(float* p, Raw a) { _mm256_stream_ps(p, a); }
  static void settle_streams() { _mm_sfence(); }
  static __m256i first(int n) {
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
  }
  static Raw load_n(const float* p, int n) { return _mm256_maskload_ps(p, first(n)); }
  static void store_n(float* p, Raw a, int n) { _mm256_maskstore_ps(p, first(n), a); }
  // A tail: the first n lanes. Its mask stays in memory, which leaves all registers to the loop.
  using Tail = const int32_t*;
  static Tail tail(int n) { return tail_mask + 8 - n; }
  static __m256i mask_of(Tail t) {
    asm volatile("" : "+r"(t));
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(t));
  }
  static Raw load_tail(const float* p, Tail t) { return _mm256_maskload_ps(p, mask_of(t)); }
  static void store_tail(float* p, Raw a, Tail t) { _mm256_maskstore_ps(p, mask_of(t), a); }
  // r[i][j] becomes r[j][i]
  static void transpose(Raw (&r)[8]) {
    Raw a[8], b[8];
#pragma GCC unroll 4
    for (int i = 0; i < 8; i += 2) {
      a[i] = _mm256_unpacklo_ps(r[i], r[i + 1]);
      a[i + 1] = _mm256_unpackhi_ps(r[i], r[i + 1]);
    }
#pragma GCC unroll 4
    for (int i = 0; i < 8; i += 4)
#pragma GCC unroll 2
      for (int j = 0; j < 2; j++) {
        b[i + 2 * j] = _mm256_shuffle_ps(a[i + j], a[i + j + 2], 0x44);
        b[i + 2 * j + 1] = _mm256_shuffle_ps(a[i + j], a[i + j + 2], 0xee);
      }
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
      r[i] = _mm256_permute2f128_ps(b[i], b[i + 4], 0x20);
      r[i + 4] = _mm256_permute2f128_ps(b[i], b[i + 4], 0x31);
    }
  }
  // r[c][i] = from[i][c]. Joining half rows when they are loaded needs two stages of shuffles
  // instead of three.
  static constexpr int strip = 4;
  template <class Rows>
  static void load_columns(const Rows& from, Raw (&r)[strip]) {
    const auto join = [&](int i) __attribute__((always_inline)) {
      return _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(from[i])), _mm_loadu_ps(from[i + 4]),
                                  1);
    };
    const Raw a = join(0), b = join(1), c = join(2), d = join(3);
    const Raw ab = _mm256_unpacklo_ps(a, b), AB = _mm256_unpackhi_ps(a, b);
    const Raw cd = _mm256_unpacklo_ps(c, d), CD = _mm256_unpackhi_ps(c, d);
    r[0] = _mm256_shuffle_ps(ab, cd, 0x44);
    r[1] = _mm256_shuffle_ps(ab, cd, 0xee);
    r[2] = _mm256_shuffle_ps(AB, CD, 0x44);
    r[3] = _mm256_shuffle_ps(AB, CD, 0xee);
  }
  // The lanes at even and at odd places of a, then of b.
  static Raw in_order(Raw a) { return _mm256_castpd_ps(_mm256_permute4x64_pd(_mm256_castps_pd(a), 0xd8)); }
  static Raw even(Raw a, Raw b) { return in_order(_mm256_shuffle_ps(a, b, 0x88)); }
  static Raw odd(Raw a, Raw b) { return in_order(_mm256_shuffle_ps(a, b, 0xdd)); }
  static Raw set1(float a) { return _mm256_set1_ps(a); }
  static Raw add(Raw a, Raw b) { return _mm256_add_ps(a, b); }
  static Raw sub(Raw a, Raw b) { return _mm256_sub_ps(a, b); }
  static Raw mul(Raw a, Raw b) { return _mm256_mul_ps(a, b); }
  static Raw div(Raw a, Raw b) { return _mm256_div_ps(a, b); }
  static Raw min(Raw a, Raw b) { return _mm256_min_ps(a, b); }
  static Raw max(Raw a, Raw b) { return _mm256_max_ps(a, b); }
  static Raw fma(Raw a, Raw b, Raw c) { return _mm256_fmadd_ps(a, b, c); }
  // c += a * b in place. GCC's own code moves the accumulators of a long chain through the stack.
  static void accumulate(Raw& c, Raw a, Raw b) { asm("vfmadd231ps %2, %1, %0" : "+x"(c) : "x"(a), "x"(b)); }
  static void accumulate_at(Raw& c, const float* a, Raw b) { accumulate(c, set1(*a), b); }  // c += *a * b
  static void settle(Raw& c) { asm volatile("" : "+x"(c)); }  // orders c before the code that follows
  static Raw sqrt(Raw a) { return _mm256_sqrt_ps(a); }
  static Raw round(Raw a) { return _mm256_round_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
  static Raw floor(Raw a) { return _mm256_round_ps(a, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC); }
  static Raw ceil(Raw a) { return _mm256_round_ps(a, _MM_FROUND_TO_POS_INF | _MM_FROUND_NO_EXC); }
  static Raw trunc(Raw a) { return _mm256_round_ps(a, _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC); }

  static Mask lt(Raw a, Raw b) { return _mm256_cmp_ps(a, b, _CMP_LT_OQ); }
  static Mask le(Raw a, Raw b) { return _mm256_cmp_ps(a, b, _CMP_LE_OQ); }
  static Mask eq(Raw a, Raw b) { return _mm256_cmp_ps(a, b, _CMP_EQ_OQ); }
  static Raw select(Mask m, Raw a, Raw b) { return _mm256_blendv_ps(b, a, m); }
  static Mask mask_and(Mask a, Mask b) { return _mm256_and_ps(a, b); }
  static Mask mask_or(Mask a, Mask b) { return _mm256_or_ps(a, b); }
  static Mask mask_not(Mask a) { return _mm256_xor_ps(a, _mm256_castsi256_ps(_mm256_set1_epi32(-1))); }
  static bool any(Mask a) { return _mm256_movemask_ps(a) != 0; }
  static bool all(Mask a) { return _mm256_movemask_ps(a) == 0xff; }
  // The bits of normal, finite, positive numbers are one range of signed integers.
  static Mask ordinary(Raw a) {
    const __m256i shifted = _mm256_add_epi32(_mm256_castps_si256(a), _mm256_set1_epi32(0x7f800000));
    return _mm256_castsi256_ps(_mm256_cmpgt_epi32(_mm256_set1_epi32(int(0xff000000)), shifted));
  }
  static Mask sign_bit(Raw a) { return a; }  // only the sign bits of a mask are read

  // Lane i becomes lane i + k, for i < k; k = 4, 2, 1.
  template <int k>
  static Raw down(Raw a) {
    if constexpr (k == 4) return _mm256_castps128_ps256(_mm256_extractf128_ps(a, 1));
    return _mm256_permute_ps(a, k == 2 ? 0x0e : 0x01);
  }
  static Raw from_bits(Uint u) { return _mm256_castsi256_ps(_mm256_set1_epi32(int(u))); }
  static Raw bit_and(Raw a, Raw b) { return _mm256_and_ps(a, b); }
  static Raw bit_or(Raw a, Raw b) { return _mm256_or_ps(a, b); }
  static Raw bit_xor(Raw a, Raw b) { return _mm256_xor_ps(a, b); }
  static Raw bit_add(Raw a, Raw b) {
    return _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(a), _mm256_castps_si256(b)));
  }
  template <int k>
  static Raw bit_shl(Raw a) {
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_castps_si256(a), k));
  }
  template <int k>
  static Raw bit_shr(Raw a) {
    return _mm256_castsi256_ps(_mm256_srli_epi32(_mm256_castps_si256(a), k));
  }
};

template <>
struct Reg<double> {
  using Raw = __m256d;
  using Mask = __m256d;
  using Uint = uint64_t;
  static constexpr int lanes = 4;
  static constexpr int registers = 16;
  static constexpr int tile_rows = 6, tile_regs = 2;  // the tile of a product; it fits the registers
  static constexpr int column_rows = 5;  // the same for a product with columns of B, and its panels at once
  static constexpr int column_panels(int rows) { return rows < 3 ? 4 : rows < 6 ? 2 : 1; }

  static Raw load(const double* p) { return _mm256_loadu_pd(p); }
  static void store(double* p, Raw a) { _mm256_storeu_pd(p, a); }
  static void stream(double* p, Raw a) { _mm256_stream_pd(p, a); }
  static void settle_streams() { _mm_sfence(); }
  static __m256i first(int n) {
    return _mm256_cmpgt_epi64(_mm256_set1_epi64x(n), _mm256_setr_epi64x(0, 1, 2, 3));
  }
  static Raw load_n(const double* p, int n) { return _mm256_maskload_pd(p, first(n)); }
  static void store_n(double* p, Raw a, int n) { _mm256_maskstore_pd(p, first(n), a); }
  using Tail = const int32_t*;
  static Tail tail(int n) { return tail_mask + 8 - 2 * n; }
  static Raw load_tail(const double* p, Tail t) { return _mm256_maskload_pd(p, Reg<float>::mask_of(t)); }
  static void store_tail(double* p, Raw a, Tail t) { _mm256_maskstore_pd(p, Reg<float>::mask_of(t), a); }
  static void transpose(Raw (&r)[4]) {
    const Raw a = _mm256_unpacklo_pd(r[0], r[1]), b = _mm256_unpackhi_pd(r[0], r[1]);
    const Raw c = _mm256_unpacklo_pd(r[2], r[3]), d = _mm256_unpackhi_pd(r[2], r[3]);
    r[0] = _mm256_permute2f128_pd(a, c, 0x20);
    r[1] = _mm256_permute2f128_pd(b, d, 0x20);
    r[2] = _mm256_permute2f128_pd(a, c, 0x31);
    r[3] = _mm256_permute2f128_pd(b, d, 0x31);
  }
  static constexpr int strip = 2;
  template <class Rows>
  static void load_columns(const Rows& from, Raw (&r)[strip]) {
    const auto join = [&](int i) __attribute__((always_inline)) {
      return _mm256_insertf128_pd(_mm256_castpd128_pd256(_mm_loadu_pd(from[i])), _mm_loadu_pd(from[i + 2]),
                                  1);
    };
    const Raw a = join(0), b = join(1);
    r[0] = _mm256_unpacklo_pd(a, b);
    r[1] = _mm256_unpackhi_pd(a, b);
  }
  static Raw even(Raw a, Raw b) { return _mm256_permute4x64_pd(_mm256_unpacklo_pd(a, b), 0xd8); }
  static Raw odd(Raw a, Raw b) { return _mm256_permute4x64_pd(_mm256_unpackhi_pd(a, b), 0xd8); }
  static Raw set1(double a) { return _mm256_set1_pd(a); }
  static Raw add(Raw a, Raw b) { return _mm256_add_pd(a, b); }
  static Raw sub(Raw a, Raw b) { return _mm256_sub_pd(a, b); }
  static Raw mul(Raw a, Raw b) { return _mm256_mul_pd(a, b); }
  static Raw div(Raw a, Raw b) { return _mm256_div_pd(a, b); }
  static Raw min(Raw a, Raw b) { return _mm256_min_pd(a, b); }
  static Raw max(Raw a, Raw b) { return _mm256_max_pd(a, b); }
  static Raw fma(Raw a, Raw b, Raw c) { return _mm256_fmadd_pd(a, b, c); }
  static void accumulate(Raw& c, Raw a, Raw b) { asm("vfmadd231pd %2, %1, %0" : "+x"(c) : "x"(a), "x"(b)); }
  static void accumulate_at(Raw& c, const double* a, Raw b) { accumulate(c, set1(*a), b); }
  static void settle(Raw& c) { asm volatile("" : "+x"(c)); }  // orders c before the code that follows
  // The product of the low halves of each lane as integers.
  static Raw mul_low(Raw a, Raw b) {
    return _mm256_castsi256_pd(_mm256_mul_epu32(_mm256_castpd_si256(a), _mm256_castpd_si256(b)));
  }
  static Raw sqrt(Raw a) { return _mm256_sqrt_pd(a); }
  static Raw round(Raw a) { return _mm256_round_pd(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
  static Raw floor(Raw a) { return _mm256_round_pd(a, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC); }
  static Raw ceil(Raw a) { return _mm256_round_pd(a, _MM_FROUND_TO_POS_INF | _MM_FROUND_NO_EXC); }
  static Raw trunc(Raw a) { return _mm256_round_pd(a, _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC); }

  static Mask lt(Raw a, Raw b) { return _mm256_cmp_pd(a, b, _CMP_LT_OQ); }
  static Mask le(Raw a, Raw b) { return _mm256_cmp_pd(a, b, _CMP_LE_OQ); }
  static Mask eq(Raw a, Raw b) { return _mm256_cmp_pd(a, b, _CMP_EQ_OQ); }
  static Raw select(Mask m, Raw a, Raw b) { return _mm256_blendv_pd(b, a, m); }
  static Mask mask_and(Mask a, Mask b) { return _mm256_and_pd(a, b); }
  static Mask mask_or(Mask a, Mask b) { return _mm256_or_pd(a, b); }
  static Mask mask_not(Mask a) { return _mm256_xor_pd(a, _mm256_castsi256_pd(_mm256_set1_epi32(-1))); }
  static bool any(Mask a) { return _mm256_movemask_pd(a) != 0; }
  static bool all(Mask a) { return _mm256_movemask_pd(a) == 0xf; }
  static Mask ordinary(Raw a) {
    const __m256i shifted = _mm256_add_epi64(_mm256_castpd_si256(a), _mm256_set1_epi64x(0x7ff0000000000000));
    return _mm256_castsi256_pd(_mm256_cmpgt_epi64(_mm256_set1_epi64x(int64_t(0xffe0000000000000)), shifted));
  }
  static Mask sign_bit(Raw a) { return a; }

  template <int k>
  static Raw down(Raw a) {
    if constexpr (k == 2) return _mm256_castpd128_pd256(_mm256_extractf128_pd(a, 1));
    return _mm256_permute_pd(a, 0x01);
  }
  static Raw from_bits(Uint u) { return _mm256_castsi256_pd(_mm256_set1_epi64x(static_cast<long long>(u))); }
  static Raw bit_and(Raw a, Raw b) { return _mm256_and_pd(a, b); }
  static Raw bit_or(Raw a, Raw b) { return _mm256_or_pd(a, b); }
  static Raw bit_xor(Raw a, Raw b) { return _mm256_xor_pd(a, b); }
  static Raw bit_add(Raw a, Raw b) {
    return _mm256_castsi256_pd(_mm256_add_epi64(_mm256_castpd_si256(a), _mm256_castpd_si256(b)));
  }
  template <int k>
  static Raw bit_shl(Raw a) {
    return _mm256_castsi256_pd(_mm256_slli_epi64(_mm256_castpd_si256(a), k));
  }
  template <int k>
  static Raw bit_shr(Raw a) {
    return _mm256_castsi256_pd(_mm256_srli_epi64(_mm256_castpd_si256(a), k));
  }
};
