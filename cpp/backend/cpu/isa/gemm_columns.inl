// Few rows times a B that lies column by column, B[p][j] = b[j * ldb + p]: squares of B are turned in
// registers on the way and used once for each row, nothing is written but C. A dot product along k would be
// another chain, with other bits.

// The memory rows of `lanes` columns of B: a pointer to every fourth, so that addresses need few registers.
template <class T>
struct Columns {
  using R = Reg<T>;
  static constexpr int lanes = R::lanes, bases = (lanes + 3) / 4;
  const T* base[bases];
  int64_t ld;

  __attribute__((always_inline)) Columns(const T* b, int64_t ld) : ld(ld) {
#pragma GCC unroll 4
    for (int g = 0; g < bases; g++) {
      opaque(b);
      base[g] = b;
      b += 4 * ld;
    }
  }
  __attribute__((always_inline)) const T* operator[](int j) const { return base[j / 4] + j % 4 * ld; }
};

// The last columns of a matrix: behind the last one it stands in for those that are missing.
template <class T>
struct LastColumns {
  const T* column[Reg<T>::lanes];
  int64_t at = 0;

  LastColumns(const T* b, int64_t ld, int count) {
    for (int j = 0; j < Reg<T>::lanes; j++) column[j] = b + (j < count ? j : count - 1) * ld;
  }
  __attribute__((always_inline)) const T* operator[](int j) const { return column[j] + at; }
};

enum class Turn { strips, lines, last };

// Q panels of `lanes` columns side by side, so that there are chains enough to fill the pipeline.
// lines: every cache line is read at one go, for many rows, and for columns that all fall into the same few
// sets of the first cache level; strips: fewer shuffles. last: one panel with less than `lanes` columns.
template <class T, int MR, int Q, Turn turn>
void gemm_columns_tile(const GemmTile<T>& t) {
  using R = Reg<T>;
  using Raw = typename R::Raw;
  constexpr int lanes = R::lanes, strip = turn == Turn::strips ? R::strip : lanes, groups = (MR + 2) / 3;
  const int64_t row = t.a_row, step = t.a_col;
  const int count = turn == Turn::last ? t.last : lanes;
  const auto columns = R::tail(count);
  Raw acc[Q][MR];
#pragma GCC unroll 16
  for (int i = 0; i < MR; i++)
#pragma GCC unroll 8
    for (int q = 0; q < Q; q++)
      acc[q][i] = t.start ? R::load_tail(t.start + i * t.ld_start + q * lanes, columns) : R::set1(T(0));
  const T *a[groups], *b = t.b;
#pragma GCC unroll 8
  for (int g = 0; g < groups; g++) a[g] = t.a + 3 * g * row;
  const LastColumns<T> last_columns(b, t.ldb, count);
  int64_t p = 0;
  for (; p + strip <= t.k; p += strip) {
#pragma GCC unroll 8
    for (int q = 0; q < Q; q++) {
      Raw r[strip];
      if constexpr (turn == Turn::strips) {
        R::load_columns(Columns<T>(b + p + q * lanes * t.ldb, t.ldb), r);
      } else if constexpr (turn == Turn::lines) {
        const Columns<T> panel(b + p + q * lanes * t.ldb, t.ldb);
        if (t.ahead > 0) {
#pragma GCC unroll 16
          for (int j = 0; j < lanes; j++) __builtin_prefetch(panel[j] + t.ahead);
        }
#pragma GCC unroll 16
        for (int j = 0; j < lanes; j++) r[j] = R::load(panel[j]);
        R::transpose(r);
      } else {
#pragma GCC unroll 16
        for (int j = 0; j < lanes; j++) r[j] = R::load(last_columns[j] + p);
        R::transpose(r);
      }
      const T* at[groups];
#pragma GCC unroll 8
      for (int g = 0; g < groups; g++) {
        at[g] = a[g];
        opaque(at[g]);
      }
#pragma GCC unroll 16
      for (int c = 0; c < strip; c++) {
#pragma GCC unroll 16
        for (int i = 0; i < MR; i++) R::accumulate_at(acc[q][i], at[i / 3] + i % 3 * row, r[c]);
#pragma GCC unroll 8
        for (int g = 0; g < groups; g++) {
          at[g] += step;
          opaque(at[g]);
        }
      }
      if constexpr (Q == 1) {
#pragma GCC unroll 8
        for (int g = 0; g < groups; g++) a[g] = at[g];
      }
#pragma GCC unroll 16
      for (int i = 0; i < MR; i++) R::settle(acc[q][i]);
    }
    if constexpr (Q > 1) {
#pragma GCC unroll 8
      for (int g = 0; g < groups; g++) a[g] += strip * step;
    }
  }
  if (p < t.k) {
    const auto rest = R::tail(int(t.k - p));
#pragma GCC unroll 8
    for (int q = 0; q < Q; q++) {
      const LastColumns<T> panel(b + p + q * lanes * t.ldb, t.ldb, count);
      Raw r[lanes];
#pragma GCC unroll 16
      for (int j = 0; j < lanes; j++) r[j] = R::load_tail(panel[j], rest);
      R::transpose(r);
      T turned[lanes * lanes];
#pragma GCC unroll 16
      for (int c = 0; c < lanes; c++) R::store(turned + c * lanes, r[c]);
      for (int64_t c = 0; c < t.k - p; c++)
#pragma GCC unroll 16
        for (int i = 0; i < MR; i++)
          R::accumulate_at(acc[q][i], a[i / 3] + i % 3 * row + c * step, R::load(turned + c * lanes));
    }
  }
#pragma GCC unroll 16
  for (int i = 0; i < MR; i++)
#pragma GCC unroll 8
    for (int q = 0; q < Q; q++) {
      Raw sum = acc[q][i];
      if (t.add) sum = R::add(R::load_tail(t.add + i * t.ld_out + q * lanes, columns), sum);
      if (t.bias) sum = R::add(sum, R::load_tail(t.bias + q * lanes, columns));
      R::store_tail(t.out + i * t.ld_out + q * lanes, sum, columns);
    }
}
