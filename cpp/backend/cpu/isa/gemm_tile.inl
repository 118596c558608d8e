// The micro-kernel: a tile of MR rows and NV registers of columns stays in registers over all k steps.

// Pairs of lines that are asked for on the way to the second cache level, one every four steps of k, so many
// bytes apart.
struct GemmWalk {
  const char* at;
  int64_t step, count;
};

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
  int last;               // columns in the last register
  int64_t ahead;          // how far from b the data lie that are wanted next
  const GemmWalk* walks;  // until one of no length
};

// The compiler may not look through: one pointer register stays one, nothing is copied or hoisted.
template <class P>
inline __attribute__((always_inline)) void opaque(P*& p) {
  asm volatile("" : "+r"(p));
}

// tail: B is read under a mask. walking: along t.walks.
template <class T, int MR, int NV, bool tail, bool walking>
void gemm_tile(const GemmTile<T>& given) {
  const GemmTile<T>* volatile held = &given;  // on the stack, where it takes no register from the loop
  const GemmTile<T>& t = *held;
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
  const int64_t ahead = t.ahead;
  const T *a[groups], *b = t.b;
#pragma GCC unroll 8
  for (int g = 0; g < groups; g++) a[g] = t.a + 3 * g * row;
  const auto step = [&]() __attribute__((always_inline)) {
    Raw x[NV];
#pragma GCC unroll 8
    for (int v = 0; v < NV - 1; v++) x[v] = R::load(b + v * lanes);
    x[NV - 1] = tail ? R::load_tail(b + (NV - 1) * lanes, last) : R::load(b + (NV - 1) * lanes);
    if constexpr (!walking) {
#pragma GCC unroll 8
      for (int v = 0; v < NV; v += line) __builtin_prefetch(b + ahead + v * lanes);
      if constexpr (MR > 2) __builtin_prefetch(a[0] + 8 * step_a);
    }
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
  };
  int64_t left = t.k;
  if constexpr (walking)
    for (const GemmWalk* walk = t.walks; left >= 4 && walk->count > 0; walk++) {
      const char* at = walk->at;
      const int64_t on = walk->step;
      int64_t count = walk->count < left / 4 ? walk->count : left / 4;
      left -= 4 * count;
      for (; count > 0; count--) {
        __builtin_prefetch(at, 0, 2);
        __builtin_prefetch(at + 64, 0, 2);
        at += on;
        opaque(at);
#pragma GCC unroll 4
        for (int s = 0; s < 4; s++) step();
      }
    }
#pragma GCC unroll 4
  for (; left > 0; left--) step();

  const GemmTile<T>& end = *held;
  T* out = end.out;
  const T* add = end.add;
#pragma GCC unroll 24
  for (int i = 0; i < MR; i++, out += end.ld_out) {
    if (add) {
#pragma GCC unroll 8
      for (int v = 0; v < NV - 1; v++) acc[i][v] = R::add(R::load(add + v * lanes), acc[i][v]);
      acc[i][NV - 1] = R::add(R::load_tail(add + (NV - 1) * lanes, last), acc[i][NV - 1]);
      add += end.ld_out;
    }
    if (end.bias) {
#pragma GCC unroll 8
      for (int v = 0; v < NV - 1; v++) acc[i][v] = R::add(acc[i][v], R::load(end.bias + v * lanes));
      acc[i][NV - 1] = R::add(acc[i][NV - 1], R::load_tail(end.bias + (NV - 1) * lanes, last));
    }
#pragma GCC unroll 8
    for (int v = 0; v < NV - 1; v++) R::store(out + v * lanes, acc[i][v]);
    R::store_tail(out + (NV - 1) * lanes, acc[i][NV - 1], last);
  }
}
