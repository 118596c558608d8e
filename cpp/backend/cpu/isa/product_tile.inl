// A tile of MR rows and NV registers of columns stays in registers over all k steps.

// Whether the last register of B is read under a mask.
enum class Edge { whole, masked };
// What to prefetch: elements of B and A some steps ahead, or the lines of t.prefetch, two every four steps of
// k.
enum class Ask { ahead, listed };

template <class T, int MR, int NV, Edge edge, Ask ask>
void product_tile(const nncore::Tile<T>& given) {
  const nncore::Tile<T>* volatile held = &given;  // on the stack, where it takes no register from the loop
  const nncore::Tile<T>& t = *held;
  using R = Reg<T>;
  using Raw = typename R::Raw;
  constexpr int lanes = R::lanes, groups = (MR + 2) / 3;
  constexpr int line = 64 / (lanes * int(sizeof(T))) < 4 ? 64 / (lanes * int(sizeof(T))) : 4;  // registers
  const typename R::Tail last = R::tail(t.last);
  Raw acc[MR][NV];
  if (t.start) {
    const T* row = t.start;
#pragma GCC unroll 24
    for (int i = 0; i < MR; i++, row += t.start_row) {
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

  const int64_t row = t.a_row, step_a = t.a_column, step_b = t.b_stride;
  const int64_t ahead = t.ahead;
  const T *a[groups], *b = t.b;
#pragma GCC unroll 8
  for (int g = 0; g < groups; g++) a[g] = t.a + 3 * g * row;
  const auto step = [&]() __attribute__((always_inline)) {
    Raw x[NV];
#pragma GCC unroll 8
    for (int v = 0; v < NV - 1; v++) x[v] = R::load(b + v * lanes);
    x[NV - 1] =
        edge == Edge::masked ? R::load_tail(b + (NV - 1) * lanes, last) : R::load(b + (NV - 1) * lanes);
    if constexpr (ask == Ask::ahead) {
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
  if constexpr (ask == Ask::listed)
    for (const nncore::Prefetch* list = t.prefetch; left >= 4 && list->count > 0; list++) {
      const char* at = list->at;
      const int64_t on = list->step;
      int64_t count = list->count < left / 4 ? list->count : left / 4;
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

  const nncore::Tile<T>& end = *held;
  T* out = end.out;
  const T* add = end.add;
#pragma GCC unroll 24
  for (int i = 0; i < MR; i++, out += end.out_row) {
    if (add) {
#pragma GCC unroll 8
      for (int v = 0; v < NV - 1; v++) acc[i][v] = R::add(R::load(add + v * lanes), acc[i][v]);
      acc[i][NV - 1] = R::add(R::load_tail(add + (NV - 1) * lanes, last), acc[i][NV - 1]);
      add += end.out_row;
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
