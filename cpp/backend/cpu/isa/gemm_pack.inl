// Packing: operands copied into the order in which the micro-kernel reads them.

template <class T>
void gemm_pack(int64_t k, int64_t width, const T* from, int64_t ld, T* to, int64_t ld_to) {
  using R = Reg<T>;
  constexpr int lanes = R::lanes;
  for (int64_t p = 0; p < k; p++, from += ld, to += ld_to)
    for (int64_t i = 0; i < ld_to; i += lanes) {
      if (i + lanes <= width)
        R::store(to + i, R::load(from + i));
      else
        R::store_n(to + i, R::load_n(from + i, int(width - i)), int(ld_to - i));
    }
}

// Squares of lanes x lanes, turned in registers.
template <class T>
void gemm_pack_transposed(int64_t k, int64_t width, const T* from, int64_t ld, T* to, int64_t ld_to) {
  using R = Reg<T>;
  constexpr int lanes = R::lanes;
  for (int64_t i = 0; i < ld_to; i += lanes) {
    const int rows = width - i < lanes ? (width - i < 0 ? 0 : int(width - i)) : lanes;
    const int columns = ld_to - i < lanes ? int(ld_to - i) : lanes;
    for (int64_t p = 0; p < k; p += lanes) {
      const int steps = k - p < lanes ? int(k - p) : lanes;
      typename R::Raw r[lanes];
      if (rows == lanes && steps == lanes) {
#pragma GCC unroll 16
        for (int j = 0; j < lanes; j++) r[j] = R::load(from + (i + j) * ld + p);
      } else {
        const auto tail = R::tail(steps);
        for (int j = 0; j < lanes; j++) r[j] = j < rows ? R::load_tail(from + (i + j) * ld + p, tail) : R::set1(T(0));
      }
      R::transpose(r);
      T* out = to + p * ld_to + i;
      if (columns == lanes && steps == lanes) {
#pragma GCC unroll 16
        for (int j = 0; j < lanes; j++) R::store(out + j * ld_to, r[j]);
      } else {
        for (int j = 0; j < steps; j++) R::store_n(out + j * ld_to, r[j], columns);
      }
    }
  }
}
