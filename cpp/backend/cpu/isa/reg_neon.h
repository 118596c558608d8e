// AArch64 Advanced SIMD: 4 floats or 2 doubles per register.

template <class T>
struct Reg;

template <>
struct Reg<float> {
  using Raw = float32x4_t;
  using Mask = uint32x4_t;
  using Uint = uint32_t;
  static constexpr int lanes = 4;
  static constexpr int registers = 30;                // of 32; two remain for broadcasts
  static constexpr int tile_rows = 8, tile_regs = 3;  // the tile of a product; it fits the registers
  static constexpr int column_rows = 6;  // the same for a product with columns of B, and its panels at once
  static constexpr int column_panels(int rows) { return rows < 5 ? 4 : 2; }

  static Raw load(const float* p) { return vld1q_f32(p); }
  static void store(float* p, Raw a) { vst1q_f32(p, a); }
  static void stream(float* p, Raw a) { store(p, a); }
  static void settle_streams() {}
  static Raw load_n(const float* p, int n) {
    if (n >= lanes) return load(p);
    Raw r = vdupq_n_f32(0);
    if (n > 0) r = vld1q_lane_f32(p, r, 0);
    if (n > 1) r = vld1q_lane_f32(p + 1, r, 1);
    if (n > 2) r = vld1q_lane_f32(p + 2, r, 2);
    return r;
  }
  static void store_n(float* p, Raw a, int n) {
    if (n >= lanes) return store(p, a);
    if (n > 0) vst1q_lane_f32(p, a, 0);
    if (n > 1) vst1q_lane_f32(p + 1, a, 1);
    if (n > 2) vst1q_lane_f32(p + 2, a, 2);
  }
  // A tail: the first n lanes.
  using Tail = int;
  static Tail tail(int n) { return n; }
  static Raw load_tail(const float* p, Tail t) { return load_n(p, t); }
  static void store_tail(float* p, Raw a, Tail t) { store_n(p, a, t); }
  // r[i][j] becomes r[j][i]
  static void transpose(Raw (&r)[4]) {
    const float32x4x2_t a = vtrnq_f32(r[0], r[1]), b = vtrnq_f32(r[2], r[3]);
    r[0] = vcombine_f32(vget_low_f32(a.val[0]), vget_low_f32(b.val[0]));
    r[1] = vcombine_f32(vget_low_f32(a.val[1]), vget_low_f32(b.val[1]));
    r[2] = vcombine_f32(vget_high_f32(a.val[0]), vget_high_f32(b.val[0]));
    r[3] = vcombine_f32(vget_high_f32(a.val[1]), vget_high_f32(b.val[1]));
  }
  // r[c][i] = from[i][c]
  static constexpr int strip = 4;
  template <class Rows>
  static void load_columns(const Rows& from, Raw (&r)[strip]) {
    for (int i = 0; i < 4; i++) r[i] = load(from[i]);
    transpose(r);
  }
  // The lanes at even and at odd places of a, then of b.
  static Raw even(Raw a, Raw b) { return vuzp1q_f32(a, b); }
  static Raw odd(Raw a, Raw b) { return vuzp2q_f32(a, b); }
  static Raw set1(float a) { return vdupq_n_f32(a); }
  static Raw add(Raw a, Raw b) { return vaddq_f32(a, b); }
  static Raw sub(Raw a, Raw b) { return vsubq_f32(a, b); }
  static Raw mul(Raw a, Raw b) { return vmulq_f32(a, b); }
  static Raw div(Raw a, Raw b) { return vdivq_f32(a, b); }
  // x86 returns zero instead of a subnormal number.
  static Raw flush(Raw a) { return vbslq_f32(vceqzq_f32(a), bit_and(a, vdupq_n_f32(-0.0f)), a); }
  static Raw min(Raw a, Raw b) { return flush(vbslq_f32(vcltq_f32(a, b), a, b)); }
  static Raw max(Raw a, Raw b) { return flush(vbslq_f32(vcgtq_f32(a, b), a, b)); }
  static Raw fma(Raw a, Raw b, Raw c) { return vfmaq_f32(c, a, b); }
  // c += a * b in place. GCC's own code moves accumulators to the stack to make room for a broadcast.
  static void accumulate(Raw& c, Raw a, Raw b) { asm("fmla %0.4s, %1.4s, %2.4s" : "+w"(c) : "w"(a), "w"(b)); }
  static void accumulate_at(Raw& c, const float* a, Raw b) { accumulate(c, set1(*a), b); }  // c += *a * b
  static void settle(Raw& c) { asm volatile("" : "+w"(c)); }  // orders c before the code that follows
  static Raw sqrt(Raw a) { return vsqrtq_f32(a); }
  static Raw round(Raw a) { return vrndnq_f32(a); }
  static Raw floor(Raw a) { return vrndmq_f32(a); }
  static Raw ceil(Raw a) { return vrndpq_f32(a); }
  static Raw trunc(Raw a) { return vrndq_f32(a); }

  static Mask lt(Raw a, Raw b) { return vcltq_f32(a, b); }
  static Mask le(Raw a, Raw b) { return vcleq_f32(a, b); }
  static Mask eq(Raw a, Raw b) { return vceqq_f32(a, b); }
  static Raw select(Mask m, Raw a, Raw b) { return vbslq_f32(m, a, b); }
  static Mask mask_and(Mask a, Mask b) { return vandq_u32(a, b); }
  static Mask mask_or(Mask a, Mask b) { return vorrq_u32(a, b); }
  static Mask mask_not(Mask a) { return vmvnq_u32(a); }
  static bool any(Mask a) { return vmaxvq_u32(a) != 0; }
  static bool all(Mask a) { return vminvq_u32(a) != 0; }
  static Mask ordinary(Raw a) {
    return vandq_u32(vcgtq_f32(a, set1(0)), vcltq_f32(a, set1(__builtin_inff())));
  }
  static Mask sign_bit(Raw a) { return vcltzq_s32(vreinterpretq_s32_f32(a)); }

  // Lane i becomes lane i + k, for i < k; k = 2, 1.
  template <int k>
  static Raw down(Raw a) {
    return vextq_f32(a, a, k);
  }
  static uint32x4_t bits(Raw a) { return vreinterpretq_u32_f32(a); }
  static Raw from_bits(Uint u) { return vreinterpretq_f32_u32(vdupq_n_u32(u)); }
  static Raw bit_and(Raw a, Raw b) { return vreinterpretq_f32_u32(vandq_u32(bits(a), bits(b))); }
  static Raw bit_or(Raw a, Raw b) { return vreinterpretq_f32_u32(vorrq_u32(bits(a), bits(b))); }
  static Raw bit_xor(Raw a, Raw b) { return vreinterpretq_f32_u32(veorq_u32(bits(a), bits(b))); }
  static Raw bit_add(Raw a, Raw b) { return vreinterpretq_f32_u32(vaddq_u32(bits(a), bits(b))); }
  template <int k>
  static Raw bit_shl(Raw a) {
    return vreinterpretq_f32_u32(vshlq_n_u32(bits(a), k));
  }
  template <int k>
  static Raw bit_shr(Raw a) {
    return vreinterpretq_f32_u32(vshrq_n_u32(bits(a), k));
  }
};

template <>
struct Reg<double> {
  using Raw = float64x2_t;
  using Mask = uint64x2_t;
  using Uint = uint64_t;
  static constexpr int lanes = 2;
  static constexpr int registers = 30;                // of 32; two remain for broadcasts
  static constexpr int tile_rows = 8, tile_regs = 3;  // the tile of a product; it fits the registers
  static constexpr int column_rows = 6;  // the same for a product with columns of B, and its panels at once
  static constexpr int column_panels(int rows) { return rows < 5 ? 4 : 2; }

  static Raw load(const double* p) { return vld1q_f64(p); }
  static void store(double* p, Raw a) { vst1q_f64(p, a); }
  static void stream(double* p, Raw a) { store(p, a); }
  static void settle_streams() {}
  static Raw load_n(const double* p, int n) {
    return n >= lanes ? load(p) : n > 0 ? vld1q_lane_f64(p, vdupq_n_f64(0), 0) : vdupq_n_f64(0);
  }
  static void store_n(double* p, Raw a, int n) {
    if (n >= lanes)
      store(p, a);
    else if (n > 0)
      vst1q_lane_f64(p, a, 0);
  }
  using Tail = int;
  static Tail tail(int n) { return n; }
  static Raw load_tail(const double* p, Tail t) { return load_n(p, t); }
  static void store_tail(double* p, Raw a, Tail t) { store_n(p, a, t); }
  static void transpose(Raw (&r)[2]) {
    const Raw a = vtrn1q_f64(r[0], r[1]);
    r[1] = vtrn2q_f64(r[0], r[1]);
    r[0] = a;
  }
  static constexpr int strip = 2;
  template <class Rows>
  static void load_columns(const Rows& from, Raw (&r)[strip]) {
    r[0] = load(from[0]);
    r[1] = load(from[1]);
    transpose(r);
  }
  static Raw even(Raw a, Raw b) { return vuzp1q_f64(a, b); }
  static Raw odd(Raw a, Raw b) { return vuzp2q_f64(a, b); }
  static Raw set1(double a) { return vdupq_n_f64(a); }
  static Raw add(Raw a, Raw b) { return vaddq_f64(a, b); }
  static Raw sub(Raw a, Raw b) { return vsubq_f64(a, b); }
  static Raw mul(Raw a, Raw b) { return vmulq_f64(a, b); }
  static Raw div(Raw a, Raw b) { return vdivq_f64(a, b); }
  static Raw flush(Raw a) { return vbslq_f64(vceqzq_f64(a), bit_and(a, vdupq_n_f64(-0.0)), a); }
  static Raw min(Raw a, Raw b) { return flush(vbslq_f64(vcltq_f64(a, b), a, b)); }
  static Raw max(Raw a, Raw b) { return flush(vbslq_f64(vcgtq_f64(a, b), a, b)); }
  static Raw fma(Raw a, Raw b, Raw c) { return vfmaq_f64(c, a, b); }
  static void accumulate(Raw& c, Raw a, Raw b) { asm("fmla %0.2d, %1.2d, %2.2d" : "+w"(c) : "w"(a), "w"(b)); }
  static void accumulate_at(Raw& c, const double* a, Raw b) { accumulate(c, set1(*a), b); }
  static void settle(Raw& c) { asm volatile("" : "+w"(c)); }  // orders c before the code that follows
  static Raw sqrt(Raw a) { return vsqrtq_f64(a); }
  static Raw round(Raw a) { return vrndnq_f64(a); }
  static Raw floor(Raw a) { return vrndmq_f64(a); }
  static Raw ceil(Raw a) { return vrndpq_f64(a); }
  static Raw trunc(Raw a) { return vrndq_f64(a); }

  static Mask lt(Raw a, Raw b) { return vcltq_f64(a, b); }
  static Mask le(Raw a, Raw b) { return vcleq_f64(a, b); }
  static Mask eq(Raw a, Raw b) { return vceqq_f64(a, b); }
  static Raw select(Mask m, Raw a, Raw b) { return vbslq_f64(m, a, b); }
  static Mask mask_and(Mask a, Mask b) { return vandq_u64(a, b); }
  static Mask mask_or(Mask a, Mask b) { return vorrq_u64(a, b); }
  static Mask mask_not(Mask a) { return vreinterpretq_u64_u32(vmvnq_u32(vreinterpretq_u32_u64(a))); }
  static bool any(Mask a) { return vmaxvq_u32(vreinterpretq_u32_u64(a)) != 0; }
  static bool all(Mask a) { return vminvq_u32(vreinterpretq_u32_u64(a)) != 0; }
  static Mask ordinary(Raw a) {
    return vandq_u64(vcgtq_f64(a, set1(0)), vcltq_f64(a, set1(__builtin_inf())));
  }
  static Mask sign_bit(Raw a) { return vcltzq_s64(vreinterpretq_s64_f64(a)); }

  template <int k>
  static Raw down(Raw a) {
    return vextq_f64(a, a, k);
  }
  static uint64x2_t bits(Raw a) { return vreinterpretq_u64_f64(a); }
  static Raw from_bits(Uint u) { return vreinterpretq_f64_u64(vdupq_n_u64(u)); }
  static Raw bit_and(Raw a, Raw b) { return vreinterpretq_f64_u64(vandq_u64(bits(a), bits(b))); }
  static Raw bit_or(Raw a, Raw b) { return vreinterpretq_f64_u64(vorrq_u64(bits(a), bits(b))); }
  static Raw bit_xor(Raw a, Raw b) { return vreinterpretq_f64_u64(veorq_u64(bits(a), bits(b))); }
  static Raw bit_add(Raw a, Raw b) { return vreinterpretq_f64_u64(vaddq_u64(bits(a), bits(b))); }
  // The product of the low halves of each lane as integers.
  static Raw mul_low(Raw a, Raw b) {
    return vreinterpretq_f64_u64(vmull_u32(vmovn_u64(bits(a)), vmovn_u64(bits(b))));
  }
  template <int k>
  static Raw bit_shl(Raw a) {
    return vreinterpretq_f64_u64(vshlq_n_u64(bits(a), k));
  }
  template <int k>
  static Raw bit_shr(Raw a) {
    return vreinterpretq_f64_u64(vshrq_n_u64(bits(a), k));
  }
};
