// The micro-kernel: a tile of MR rows and NV registers of columns stays in registers over all k steps.

template <class T>
struct GemmTile {
  int64_t k;
  const T* a;
  int64_t a_row, a_col;
  const T* b;
  int64_t ldb;
  const T* start;
  int64_t ld_start;
  T* out;
  int64_t ld_out;
  const T* add;
  const T* bias;
  int last;  // columns in the last register
};

// The compiler may not look through: one pointer register stays one, nothing is copied or hoisted.
template <class P>
inline __attribute__((always_inline)) void opaque(P*& p) {
  asm volatile("" : "+r"(p));
}

// packed: A is [k][MR] and B [k][NV * lanes], zero behind the last column. tail: B is read under a mask.
template <class T, int MR, int NV, bool packed, bool tail>
void gemm_tile(const GemmTile<T>& t) {
  using R = Reg<T>;
  using Raw = typename R::Raw;
  constexpr int lanes = R::lanes, groups = packed ? 1 : (MR + 2) / 3;
  const typename R::Tail last = R::tail(t.last);
  Raw acc[MR][NV];
  if (t.start) {
    const T* row = t.start;
#pragma GCC unroll 16
    for (int i = 0; i < MR; i++, row += t.ld_start) {
#pragma GCC unroll 8
      for (int v = 0; v < NV - 1; v++) acc[i][v] = R::load(row + v * lanes);
      acc[i][NV - 1] = R::load_tail(row + (NV - 1) * lanes, last);
    }
  } else {
#pragma GCC unroll 16
    for (int i = 0; i < MR; i++)
#pragma GCC unroll 8
      for (int v = 0; v < NV; v++) acc[i][v] = R::set1(T(0));
  }

  const int64_t row = packed ? 1 : t.a_row, step_a = packed ? MR : t.a_col, step_b = packed ? NV * lanes : t.ldb;
  const T *a[groups], *b = t.b;
#pragma GCC unroll 8
  for (int g = 0; g < groups; g++) a[g] = t.a + 3 * g * row;
  const auto step = [&](const T* const* a, const T* b) __attribute__((always_inline)) {
    Raw x[NV];
#pragma GCC unroll 8
    for (int v = 0; v < NV - 1; v++) x[v] = R::load(b + v * lanes);
    x[NV - 1] = tail ? R::load_tail(b + (NV - 1) * lanes, last) : R::load(b + (NV - 1) * lanes);
#pragma GCC unroll 16
    for (int i = 0; i < MR; i++) {
      const Raw y = R::set1(packed ? a[0][i] : a[i / 3][i % 3 * row]);
#pragma GCC unroll 8
      for (int v = 0; v < NV; v++) R::accumulate(acc[i][v], y, x[v]);
    }
  };
  const auto advance = [&] __attribute__((always_inline)) {
#pragma GCC unroll 8
    for (int g = 0; g < groups; g++) {
      a[g] += step_a;
      opaque(a[g]);
    }
    b += step_b;
    opaque(b);
  };
  int64_t p = t.k;
  for (; p >= 4; p -= 4) {
    if constexpr (packed) {
#pragma GCC unroll 4
      for (int u = 0; u < 4; u++) {
        const T* const at[1] = {a[0] + u * MR};
        step(at, b + u * NV * lanes);
      }
      a[0] += 4 * MR;
      b += 4 * NV * lanes;
    } else {
#pragma GCC unroll 4
      for (int u = 0; u < 4; u++) {
        step(a, b);
        advance();
      }
    }
  }
  for (; p > 0; p--) {
    step(a, b);
    advance();
  }

  T* out = t.out;
  const T* add = t.add;
#pragma GCC unroll 16
  for (int i = 0; i < MR; i++, out += t.ld_out) {
    if (add) {
#pragma GCC unroll 8
      for (int v = 0; v < NV - 1; v++) acc[i][v] = R::add(R::load(add + v * lanes), acc[i][v]);
      acc[i][NV - 1] = R::add(R::load_tail(add + (NV - 1) * lanes, last), acc[i][NV - 1]);
      add += t.ld_out;
    }
    if (t.bias) {
#pragma GCC unroll 8
      for (int v = 0; v < NV - 1; v++) acc[i][v] = R::add(acc[i][v], R::load(t.bias + v * lanes));
      acc[i][NV - 1] = R::add(acc[i][NV - 1], R::load_tail(t.bias + (NV - 1) * lanes, last));
    }
#pragma GCC unroll 8
    for (int v = 0; v < NV - 1; v++) R::store(out + v * lanes, acc[i][v]);
    R::store_tail(out + (NV - 1) * lanes, acc[i][NV - 1], last);
  }
}
