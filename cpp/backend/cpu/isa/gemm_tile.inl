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
  int last;       // columns in the last register
  int64_t ahead;  // how far from b the data lie that are wanted next
};

// The compiler may not look through: one pointer register stays one, nothing is copied or hoisted.
template <class P>
inline __attribute__((always_inline)) void opaque(P*& p) {
  asm volatile("" : "+r"(p));
}

// tail: B is read under a mask.
template <class T, int MR, int NV, bool tail>
void gemm_tile(const GemmTile<T>& t) {
  using R = Reg<T>;
  using Raw = typename R::Raw;
  constexpr int lanes = R::lanes, groups = (MR + 2) / 3;
  constexpr int line = 64 / (lanes * int(sizeof(T))) < 4 ? 64 / (lanes * int(sizeof(T))) : 4;  // registers
  const typename R::Tail last = R::tail(t.last);
  Raw acc[MR][NV];
  if (t.start) {
    const T* row = t.start;
#pragma GCC unroll 24
    for (int i = 0; i < MR; i++, row += t.ld_start) {
#pragma GCC unroll 8
      for (int v = 0; v < NV - 1; v++) acc[i][v] = R::load(row + v * lanes);
      acc[i][NV - 1] = R::load_tail(row + (NV - 1) * lanes, last);
    }
  } else {
#pragma GCC unroll 24
    for (int i = 0; i < MR; i++)
#pragma GCC unroll 8
      for (int v = 0; v < NV; v++) acc[i][v] = R::set1(T(0));
  }

  const int64_t row = t.a_row, step_a = t.a_col, step_b = t.ldb;
  const int64_t ahead = t.ahead, ahead_a = 8 * step_a;
  const T *a[groups], *b = t.b;
#pragma GCC unroll 8
  for (int g = 0; g < groups; g++) a[g] = t.a + 3 * g * row;
#pragma GCC unroll 4
  for (int64_t p = t.k; p > 0; p--) {
    Raw x[NV];
#pragma GCC unroll 8
    for (int v = 0; v < NV - 1; v++) x[v] = R::load(b + v * lanes);
    x[NV - 1] = tail ? R::load_tail(b + (NV - 1) * lanes, last) : R::load(b + (NV - 1) * lanes);
#pragma GCC unroll 8
    for (int v = 0; v < NV; v += line) __builtin_prefetch(b + ahead + v * lanes);
    if constexpr (MR > 2) __builtin_prefetch(a[0] + ahead_a);
#pragma GCC unroll 24
    for (int i = 0; i < MR; i++) {
      const Raw y = R::set1(a[i / 3][i % 3 * row]);
#pragma GCC unroll 8
      for (int v = 0; v < NV; v++) R::accumulate(acc[i][v], y, x[v]);
    }
    b += step_b;
    opaque(b);
#pragma GCC unroll 8
    for (int g = 0; g < groups; g++) {
      a[g] += step_a;
      opaque(a[g]);
    }
  }

  T* out = t.out;
  const T* add = t.add;
#pragma GCC unroll 24
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
