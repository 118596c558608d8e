// The matrix product of one level: blocks cut into tiles.
#include "gemm_tile.inl"
//
#include "gemm_pack.inl"

template <class T>
struct Gemm {
  using R = Reg<T>;
  using Tile = void (*)(const GemmTile<T>&);
  static constexpr int lanes = R::lanes, mr = R::tile_rows, nv = R::tile_regs, max_nv = 8;

  // Registers of columns that a tile of so many rows can afford.
  static constexpr int widest(int rows) {
    const int regs = mr * nv / rows;
    return regs < max_nv ? regs : max_nv;
  }

  // A level whose masked loads cost nothing (one register holds the mask) needs no second kernel for whole registers.
  struct Tiles {
    Tile full[mr][max_nv], tail[mr][max_nv], packed[mr][nv];
  };
  template <int rows, int regs>
  static constexpr void fill(Tiles& t) {
    if constexpr (regs <= widest(rows)) {
      t.tail[rows - 1][regs - 1] = gemm_tile<T, rows, regs, false, true>;
      t.full[rows - 1][regs - 1] = gemm_tile<T, rows, regs, false, sizeof(T) * lanes == 64>;
    }
    if constexpr (regs <= nv) t.packed[rows - 1][regs - 1] = gemm_tile<T, rows, regs, true, false>;
    if constexpr (regs < max_nv)
      fill<rows, regs + 1>(t);
    else if constexpr (rows < mr)
      fill<rows + 1, 1>(t);
  }
  static constexpr Tiles make() {
    Tiles t{};
    fill<1, 1>(t);
    return t;
  }
  static constexpr Tiles tiles = make();

  template <bool packed>
  static void block(const nncore::GemmBlock<T>& g) {
    const int64_t panels = (g.m + mr - 1) / mr, rows = g.m / panels, longer = g.m % panels;
    const int64_t width = lanes * int64_t(packed ? nv : widest(int(rows + (longer > 0))));
    GemmTile<T> t;
    t.k = g.k;
    t.ld_start = g.ld_start;
    t.ld_out = g.ld_out;
    for (int64_t j = 0; j < g.n; j += width) {
      const int64_t columns = g.n - j < width ? g.n - j : width;
      const int regs = int((columns + lanes - 1) / lanes);
      t.last = int(columns - (regs - 1) * lanes);
      t.b = g.b + (packed ? j * g.k : j);
      t.ldb = packed ? regs * lanes : g.ldb;
      t.bias = g.bias ? g.bias + j : nullptr;
      for (int64_t q = 0, i = 0; q < panels; q++) {
        const int64_t r = rows + (q < longer);
        t.a = g.a + (packed ? i * g.k : i * g.a_row);
        t.a_row = packed ? 1 : g.a_row;
        t.a_col = packed ? r : g.a_col;
        t.start = g.start ? g.start + i * g.ld_start + j : nullptr;
        t.out = g.out + i * g.ld_out + j;
        t.add = g.add ? g.add + i * g.ld_out + j : nullptr;
        const Tile tile = packed           ? tiles.packed[r - 1][regs - 1]
                          : t.last < lanes ? tiles.tail[r - 1][regs - 1]
                                           : tiles.full[r - 1][regs - 1];
        tile(t);
        i += r;
      }
    }
  }
};

template <class T>
constexpr nncore::GemmKernels<T> gemm_kernels() {
  using G = Gemm<T>;
  return {G::lanes,          G::mr, G::nv * G::lanes, G::template block<false>, G::template block<true>,
          gemm_pack<T>, gemm_pack_transposed<T>};
}
