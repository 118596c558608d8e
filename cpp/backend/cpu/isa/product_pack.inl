// Packing: operands are copied into the order in which tiles read them.

template <class T>
void product_pack(int64_t k, int64_t width, const T* from, int64_t ld, T* to, int64_t ld_to) {
  using R = Reg<T>;
  constexpr int lanes = R::lanes, line = 64 / int(sizeof(T)), ahead = 16 * line;
  int64_t i = 0;
  for (; i + 2 * lanes <= width; i += 2 * lanes)
    for (int64_t p = 0; p < k; p++) {
#pragma GCC unroll 4
      for (int c = 0; c < 2 * lanes; c += line) __builtin_prefetch(from + p * ld + i + c + ahead);
      R::store(to + p * ld_to + i, R::load(from + p * ld + i));
      R::store(to + p * ld_to + i + lanes, R::load(from + p * ld + i + lanes));
    }
  for (; i < ld_to; i += lanes) {
    const int64_t valid = width - i, space = ld_to - i;
    const auto in = R::tail(int(valid < 0 ? 0 : valid < lanes ? valid : lanes));
    const auto out = R::tail(int(space < lanes ? space : lanes));
    for (int64_t p = 0; p < k; p++)
      R::store_tail(to + p * ld_to + i, R::load_tail(from + p * ld + i, in), out);
  }
}

// to[p][i] = from[i * ld + p] for p < k, i < width, zero from there to padded: squares are transposed in
// registers.
template <class T>
void product_transpose_padded(int64_t k, int64_t width, int64_t padded, const T* from, int64_t ld, T* to,
                              int64_t ld_to) {
  using R = Reg<T>;
  constexpr int lanes = R::lanes, strip = R::strip;
  for (int64_t i = 0; i < padded; i += lanes) {
    const int rows = width - i < lanes ? int(width - i) : lanes;
    const auto edge = R::tail(padded - i < lanes ? int(padded - i) : lanes);
    int64_t p = 0;
    if (rows == lanes)
      for (; p + strip <= k; p += strip) {
        typename R::Raw r[strip];
        R::load_columns(Columns<T>(from + i * ld + p, ld), r);
#pragma GCC unroll 16
        for (int c = 0; c < strip; c++) R::store(to + (p + c) * ld_to + i, r[c]);
      }
    for (; p < k; p += lanes) {
      const int steps = k - p < lanes ? int(k - p) : lanes;
      const auto tail = R::tail(steps);
      typename R::Raw r[lanes];
#pragma GCC unroll 16
      for (int j = 0; j < lanes; j++)
        r[j] = j >= rows        ? R::set1(T(0))
               : steps == lanes ? R::load(from + (i + j) * ld + p)
                                : R::load_tail(from + (i + j) * ld + p, tail);
      R::transpose(r);
      // A row that the next one follows at once may be stored whole: the next row overwrites the rest.
      const bool follows = ld_to < lanes && ld_to == padded && lanes <= 2 * ld_to;
#pragma GCC unroll 16
      for (int c = 0; c < lanes; c++) {
        if (c >= steps) break;
        if (follows && p + c + 1 < k)
          R::store(to + (p + c) * ld_to + i, r[c]);
        else
          R::store_tail(to + (p + c) * ld_to + i, r[c], edge);
      }
    }
  }
}

template <class T>
void product_pack_transposed(int64_t k, int64_t width, const T* from, int64_t ld, T* to, int64_t ld_to) {
  product_transpose_padded(k, width, ld_to, from, ld, to, ld_to);
}

template <class T>
void product_transpose(int64_t rows, int64_t columns, const T* from, int64_t ld, T* to, int64_t ld_to) {
  product_transpose_padded(columns, rows, rows, from, ld, to, ld_to);
}
