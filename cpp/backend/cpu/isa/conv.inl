// The tiles of convolutions: as those of products, but the columns of B are registers at any addresses, and
// an offset per step of k moves them all.
#include "opaque.inl"

template <class T, int MR, int NV>
void conv_tiles(const nncore::ConvTiles<T>& given) {
  const nncore::ConvTiles<T>* volatile held =
      &given;  // on the stack, where it takes no register from the loop
  using R = Reg<T>;
  using Raw = typename R::Raw;
  constexpr int groups = (MR + 2) / 3;
  const int64_t tiles = given.tiles;
  for (int64_t tile = 0; tile < tiles; tile++) {
    const nncore::ConvTiles<T>& t = *held;
    const int64_t* const first = t.out + tile * NV;
    Raw acc[MR][NV];
    if (t.start) {
#pragma GCC unroll 8
      for (int v = 0; v < NV; v++) {
        const T* row = t.z + first[v];
#pragma GCC unroll 24
        for (int i = 0; i < MR; i++, row += t.z_row) acc[i][v] = R::load(row);
      }
    } else {
#pragma GCC unroll 8
      for (int v = 0; v < NV; v++) {
        const T* row = t.z + first[v];
#pragma GCC unroll 24
        for (int i = 0; i < MR; i++, row += t.z_row) {
          __builtin_prefetch(row, 1);
          acc[i][v] = R::set1(T(0));
        }
      }
    }

    const int64_t row = t.a_row, step_a = t.a_column;
    const int64_t* offset = t.offsets;
    const T *a[groups], *b[NV];
#pragma GCC unroll 8
    for (int g = 0; g < groups; g++) a[g] = t.a + 3 * g * row;
#pragma GCC unroll 8
    for (int v = 0; v < NV; v++) b[v] = t.x + t.in[tile * NV + v];
#pragma GCC unroll 2
    for (int64_t left = t.k; left > 0; left--) {
      const int64_t at = *offset++;
      Raw x[NV];
#pragma GCC unroll 8
      for (int v = 0; v < NV; v++) x[v] = R::load(b[v] + at);
#pragma GCC unroll 24
      for (int i = 0; i < MR; i++) {
        const Raw y = R::set1(a[i / 3][i % 3 * row]);
#pragma GCC unroll 8
        for (int v = 0; v < NV; v++) R::accumulate(acc[i][v], y, x[v]);
      }
#pragma GCC unroll 8
      for (int g = 0; g < groups; g++) {
        a[g] += step_a;
        opaque(a[g]);
      }
    }

    const nncore::ConvTiles<T>& end = *held;
    if (end.add) {
#pragma GCC unroll 8
      for (int v = 0; v < NV; v++)
#pragma GCC unroll 24
        for (int i = 0; i < MR; i++) acc[i][v] = R::add(R::load(end.z + first[v] + i * end.z_row), acc[i][v]);
    }
    if (end.bias) {
#pragma GCC unroll 24
      for (int i = 0; i < MR; i++)
#pragma GCC unroll 8
        for (int v = 0; v < NV; v++) acc[i][v] = R::add(acc[i][v], R::set1(end.bias[i]));
    }
#pragma GCC unroll 8
    for (int v = 0; v < NV; v++) {
      T* row = end.z + first[v];
#pragma GCC unroll 24
      for (int i = 0; i < MR; i++, row += end.z_row) R::store(row, acc[i][v]);
    }
  }
}

// The same with the operands exchanged: the registers hold rows of the correlation, and each point broadcasts the
// element of the input at its own address.
template <class T>
struct PointTile {
  using R = Reg<T>;
  static constexpr int points = R::tile_rows < 8 ? R::tile_rows : 8;
  static constexpr int vectors =
      (R::registers - 1) / (points + 1) < 3 ? (R::registers - 1) / (points + 1) : 3;
  static constexpr int width = vectors * R::lanes;
};

template <class T>
void conv_point_tiles(const nncore::ConvPointTiles<T>& given) {
  const nncore::ConvPointTiles<T>* volatile held = &given;
  using R = Reg<T>;
  using Raw = typename R::Raw;
  constexpr int points = PointTile<T>::points, vectors = PointTile<T>::vectors, width = PointTile<T>::width;
  const int64_t tiles = given.tiles;
  for (int64_t tile = 0; tile < tiles; tile++) {
    const nncore::ConvPointTiles<T>& t = *held;
    Raw acc[points][vectors];
#pragma GCC unroll 8
    for (int i = 0; i < points; i++)
#pragma GCC unroll 4
      for (int v = 0; v < vectors; v++)
        acc[i][v] = t.start ? R::load(t.start + (tile * points + i) * width + v * R::lanes) : R::set1(T(0));

    const int64_t *offset = t.offsets, *const at = t.at + tile * points;
    const T *x[points], *a = t.a;
#pragma GCC unroll 8
    for (int i = 0; i < points; i++) x[i] = t.x + at[i];
#pragma GCC unroll 2
    for (int64_t left = t.k; left > 0; left--) {
      const int64_t from = *offset++;
      Raw w[vectors];
#pragma GCC unroll 4
      for (int v = 0; v < vectors; v++) w[v] = R::load(a + v * R::lanes);
#pragma GCC unroll 8
      for (int i = 0; i < points; i++) {
        const Raw y = R::set1(x[i][from]);
#pragma GCC unroll 4
        for (int v = 0; v < vectors; v++) R::accumulate(acc[i][v], y, w[v]);
      }
      a += width;
      opaque(a);
    }

    const nncore::ConvPointTiles<T>& end = *held;
#pragma GCC unroll 8
    for (int i = 0; i < points; i++)
#pragma GCC unroll 4
      for (int v = 0; v < vectors; v++) {
        const int64_t at = (tile * points + i) * width + v * R::lanes;
        if (end.add) acc[i][v] = R::add(R::load(end.add + at), acc[i][v]);
        if (end.bias) acc[i][v] = R::add(acc[i][v], R::load(end.bias + v * R::lanes));
        R::store(end.out + at, acc[i][v]);
      }
  }
}

template <class T>
void conv_diagonal(const nncore::ConvDiagonal<T>& t) {
  using R = Reg<T>;
  constexpr int columns = nncore::ConvKernels<T>::diagonal_columns;
  typename R::Raw acc[columns];
  const T *x[columns], *y = t.y;
#pragma GCC unroll 16
  for (int v = 0; v < columns; v++) acc[v] = R::set1(T(0)), x[v] = t.x + t.in[v];
  const int64_t step = t.y_step;
  for (const int64_t *offset = t.offsets, *const end = offset + t.k; offset < end; offset++) {
    const int64_t at = *offset;
    const auto dy = R::load(y);
    y += step;
#pragma GCC unroll 16
    for (int v = 0; v < columns; v++) R::accumulate(acc[v], dy, R::load(x[v] + at));
  }
#pragma GCC unroll 16
  for (int v = 0; v < columns; v++) R::store(t.out + v * t.out_row, acc[v]);
}

template <class T>
struct ConvTable {
  using R = Reg<T>;
  using Kernels = nncore::ConvKernels<T>;
  static_assert(R::tile_rows <= Kernels::most_rows);

  // One register for each of A's and B's values, the rest for the tile.
  static constexpr int vectors(int rows) {
    constexpr int most = Kernels::most_vectors;
    const int regs = (R::registers - 1) / (rows + 1);
    return regs < most ? regs : most;
  }
  template <int rows>
  static constexpr void fill(Kernels& t) {
    t.vectors[rows - 1] = vectors(rows);
    t.tiles[rows - 1] = conv_tiles<T, rows, vectors(rows)>;
    if constexpr (rows < R::tile_rows) fill<rows + 1>(t);
  }
  static constexpr Kernels make() {
    Kernels t{};
    t.lanes = R::lanes;
    t.mr = R::tile_rows;
    fill<1>(t);
    t.points = PointTile<T>::points;
    t.width = PointTile<T>::width;
    t.point_tiles = conv_point_tiles<T>;
    t.diagonal = conv_diagonal<T>;
    return t;
  }
};

constexpr nncore::Family<nncore::ConvKernels> kernels = {ConvTable<float>::make(), ConvTable<double>::make()};
