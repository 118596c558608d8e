// Tiles with few rows of A and B by columns, B[p][j] = b[j * b_stride + p]: squares of B are transposed in
// registers and used once for each row. Nothing but C is written. A dot product along k would be another
// chain, with other bits.

// Some columns of B as one pointer for every four, so that addresses need few registers.
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

// The last columns of a matrix; the last column replaces the missing ones.
template <class T>
struct LastColumns {
  const T* column[Reg<T>::lanes];
  int64_t at = 0;

  LastColumns(const T* b, int64_t ld, int count) {
    for (int j = 0; j < Reg<T>::lanes; j++) column[j] = b + (j < count ? j : count - 1) * ld;
  }
  __attribute__((always_inline)) const T* operator[](int j) const { return column[j] + at; }
};

// How a panel of B is read. strips: with the fewest shuffles. lines: each cache line at once, for many rows
// and for columns that fall into the same sets of the first cache. last: less than `lanes` columns.
enum class Load { strips, lines, last };

// Q registers of columns side by side, so that there are enough chains to fill the pipeline.
template <class T, int MR, int Q, Load load>
void product_columns(const nncore::Tile<T>& t) {
  using R = Reg<T>;
  using Raw = typename R::Raw;
  constexpr int lanes = R::lanes, strip = load == Load::strips ? R::strip : lanes, groups = (MR + 2) / 3;
  const int64_t row = t.a_row, step = t.a_column;
  const int count = load == Load::last ? t.last : lanes;
  const auto columns = R::tail(count);
  Raw acc[Q][MR];
#pragma GCC unroll 16
  for (int i = 0; i < MR; i++)
#pragma GCC unroll 8
    for (int q = 0; q < Q; q++)
      acc[q][i] = t.start ? R::load_tail(t.start + i * t.start_row + q * lanes, columns) : R::set1(T(0));
  const T *a[groups], *b = t.b;
#pragma GCC unroll 8
  for (int g = 0; g < groups; g++) a[g] = t.a + 3 * g * row;
  const LastColumns<T> last_columns(b, t.b_stride, count);
  int64_t p = 0;
  for (; p + strip <= t.k; p += strip) {
#pragma GCC unroll 8
    for (int q = 0; q < Q; q++) {
      Raw r[strip];
      if constexpr (load == Load::strips) {
        R::load_columns(Columns<T>(b + p + q * lanes * t.b_stride, t.b_stride), r);
      } else if constexpr (load == Load::lines) {
        const Columns<T> panel(b + p + q * lanes * t.b_stride, t.b_stride);
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
      const LastColumns<T> panel(b + p + q * lanes * t.b_stride, t.b_stride, count);
      Raw r[lanes];
#pragma GCC unroll 16
      for (int j = 0; j < lanes; j++) r[j] = R::load_tail(panel[j], rest);
      R::transpose(r);
      T transposed[lanes * lanes];
#pragma GCC unroll 16
      for (int c = 0; c < lanes; c++) R::store(transposed + c * lanes, r[c]);
      for (int64_t c = 0; c < t.k - p; c++)
#pragma GCC unroll 16
        for (int i = 0; i < MR; i++)
          R::accumulate_at(acc[q][i], a[i / 3] + i % 3 * row + c * step, R::load(transposed + c * lanes));
    }
  }
#pragma GCC unroll 16
  for (int i = 0; i < MR; i++)
#pragma GCC unroll 8
    for (int q = 0; q < Q; q++) {
      Raw sum = acc[q][i];
      if (t.add) sum = R::add(R::load_tail(t.add + i * t.out_row + q * lanes, columns), sum);
      if (t.bias) sum = R::add(sum, R::load_tail(t.bias + q * lanes, columns));
      R::store_tail(t.out + i * t.out_row + q * lanes, sum, columns);
    }
}
