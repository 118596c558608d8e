// The matrix product of one level: blocks cut into tiles.
#include "gemm_tile.inl"
//
#include "gemm_columns.inl"
//
#include "gemm_pack.inl"

template <class T>
struct Gemm {
  using R = Reg<T>;
  using Tile = void (*)(const GemmTile<T>&);
  static constexpr int lanes = R::lanes, mr = R::tile_rows, nv = R::tile_regs, max_nv = 8;
  static constexpr int tall = mr * nv < 12 ? mr * nv : mr < 12 ? 12 : mr;  // rows of a tile one register wide

  // Registers of columns that a tile of so many rows can afford.
  static constexpr int widest(int rows) {
    const int regs = rows > mr ? 1 : mr * nv / rows;
    return regs < max_nv ? regs : max_nv;
  }

  // A level whose masked loads cost nothing (one register holds the mask) needs no second kernel for whole
  // registers.
  static constexpr bool free_masks = sizeof(T) * lanes == 64;
  struct Tiles {
    Tile full[tall][max_nv], tail[tall][max_nv];
  };
  template <int rows, int regs>
  static constexpr void fill(Tiles& t) {
    if constexpr (regs <= widest(rows)) {
      t.full[rows - 1][regs - 1] = gemm_tile<T, rows, regs, free_masks>;
      t.tail[rows - 1][regs - 1] = gemm_tile<T, rows, regs, true>;
    }
    if constexpr (regs < max_nv)
      fill<rows, regs + 1>(t);
    else if constexpr (rows < tall)
      fill<rows + 1, 1>(t);
  }
  static constexpr Tiles make() {
    Tiles t{};
    fill<1, 1>(t);
    return t;
  }
  static constexpr Tiles tiles = make();

  static void block(const nncore::GemmBlock<T>& g) {
    const int highest = g.n <= lanes ? tall : mr;
    const int64_t panels = (g.m + highest - 1) / highest, rows = g.m / panels, longer = g.m % panels;
    const int64_t width = lanes * int64_t(g.b_packed ? nv : widest(int(rows + (longer > 0))));
    GemmTile<T> t;
    t.k = g.k;
    t.a_row = g.a_row;
    t.a_col = g.a_col;
    t.ld_start = g.ld_start;
    t.ld_out = g.ld_out;
    const auto tile = [&](int64_t i, int64_t r, int64_t j) {
      const int columns = int(g.n - j < width ? g.n - j : width), regs = (columns - 1) / lanes + 1;
      t.last = columns - (regs - 1) * lanes;
      t.a = g.a + i * g.a_row;
      t.b = g.b + (g.b_packed ? j * g.k : j);
      t.ldb = g.b_packed ? regs * lanes : g.ldb;
      t.ahead = g.b_packed ? 8 * t.ldb : width;
      t.start = g.start ? g.start + i * g.ld_start + j : nullptr;
      t.out = g.out + i * g.ld_out + j;
      t.add = g.add ? g.add + i * g.ld_out + j : nullptr;
      t.bias = g.bias ? g.bias + j : nullptr;
      (g.b_packed || t.last == lanes ? tiles.full : tiles.tail)[r - 1][regs - 1](t);
    };
    if (g.by_rows) {
      for (int64_t q = 0, i = 0; q < panels; q++) {
        const int64_t r = rows + (q < longer);
        for (int64_t j = 0; j < g.n; j += width) tile(i, r, j);
        i += r;
      }
    } else {
      for (int64_t j = 0; j < g.n; j += width)
        for (int64_t q = 0, i = 0; q < panels; q++) {
          const int64_t r = rows + (q < longer);
          tile(i, r, j);
          i += r;
        }
    }
  }
};

template <class T>
constexpr nncore::GemmKernels<T> gemm_kernels() {
  using G = Gemm<T>;
  return {G::lanes,         G::mr,
          G::nv * G::lanes, ColumnsBlock<T>::mr,
          G::block,         ColumnsBlock<T>::run,
          gemm_pack<T>,     gemm_pack_transposed<T>,
          gemm_transpose<T>};
}
