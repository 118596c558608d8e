// The matrix product of one level: blocks cut into tiles.
#include "gemm_tile.inl"
//
#include "gemm_columns.inl"
//
#include "gemm_vector.inl"
//
#include "gemm_pack.inl"

// What a tile asks for while it computes.
class GemmWalks {
 public:
  // Part i of the rows, cut into so many parts.
  void add(const nncore::GemmSoon& soon, int64_t i, int64_t parts) {
    const int64_t first = soon.rows * i / parts;
    int64_t rows = soon.rows * (i + 1) / parts - first;
    const char* at = static_cast<const char*>(soon.at) + first * soon.stride;
    if (soon.bytes <= 2 * line && rows > 0 && count_ < most) {
      walk_[count_++] = {at, soon.stride, rows};
      rows = 0;
    }
    for (; rows > 0 && count_ < most; rows--, at += soon.stride)
      walk_[count_++] = {at, 2 * line, (soon.bytes + 2 * line - 1) / (2 * line)};
  }
  const GemmWalk* end() {
    walk_[count_] = {};
    return walk_;
  }

 private:
  static constexpr int most = 8, line = 64;
  GemmWalk walk_[most + 1];
  int count_ = 0;
};

template <class T>
struct Gemm {
  using R = Reg<T>;
  using Tile = void (*)(const GemmTile<T>&);
  static constexpr int lanes = R::lanes, mr = R::tile_rows, nv = R::tile_regs, max_nv = 8;
  static constexpr int tall = mr * nv < 12 ? mr * nv : mr < 12 ? 12 : mr;  // rows of a tile one register wide

  // Registers of columns that a tile of so many rows can afford, with one for each register of B.
  static constexpr int widest(int rows) {
    const int regs = rows > mr ? 1 : (R::registers - 1) / (rows + 1), most = rows > 2 ? 5 : max_nv;
    return regs < most ? regs : most;
  }

  // A level whose masked loads cost nothing (one register holds the mask) needs no second kernel for whole
  // registers.
  static constexpr bool free_masks = sizeof(T) * lanes == 64;
  struct Tiles {
    Tile full[tall][max_nv], tail[tall][max_nv], walking[mr];
  };
  template <int rows, int regs>
  static constexpr void fill(Tiles& t) {
    if constexpr (regs <= widest(rows)) {
      t.full[rows - 1][regs - 1] = gemm_tile<T, rows, regs, free_masks, false>;
      t.tail[rows - 1][regs - 1] = gemm_tile<T, rows, regs, true, false>;
      if constexpr (2 * rows > mr && rows <= mr && regs == nv)
        t.walking[rows - 1] = gemm_tile<T, rows, regs, free_masks, true>;
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
      t.ahead = g.b_packed ? 8 * t.ldb : g.far && !g.by_rows ? 1024 / int64_t(sizeof(T)) : width;
      t.start = g.start ? g.start + i * g.ld_start + j : nullptr;
      t.out = g.out + i * g.ld_out + j;
      t.add = g.add ? g.add + i * g.ld_out + j : nullptr;
      t.bias = g.bias ? g.bias + j : nullptr;
      const bool whole = g.b_packed || t.last == lanes;
      if (g.ahead && whole && regs == nv && tiles.walking[r - 1])
        tiles.walking[r - 1](t);
      else
        (whole ? tiles.full : tiles.tail)[r - 1][regs - 1](t);
    };
    if (g.by_rows) {
      const int64_t across = (g.n + width - 1) / width, size = sizeof(T);
      for (int64_t q = 0, i = 0; q < panels; q++) {
        const int64_t r = rows + (q < longer), next = q + 1 < panels ? rows + (q + 1 < longer) : 0;
        nncore::GemmSoon a = g.next_a;
        if (next > 0 && g.a_row == 1) a = {g.a + i + r, g.k, g.a_col * size, next * size};
        if (next > 0 && g.a_row != 1) a = {g.a + (i + r) * g.a_row, next, g.a_row * size, g.k * size};
        for (int64_t j = 0, c = 0; j < g.n; j += width, c++) {
          GemmWalks walks;
          if (g.ahead) {
            const bool same = j + width < g.n;
            const T* const out = g.out + (same ? i : i + r) * g.ld_out + (same ? j + width : 0);
            walks.add({out, same ? r : next, g.ld_out * size, width * size}, 0, 1);
            walks.add(a, c, across);
            walks.add(g.next_b, q * across + c, panels * across);
            t.walks = walks.end();
          }
          tile(i, r, j);
        }
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

// The same with B[p][j] = b[j * ldb + p].
template <class T>
struct GemmColumns {
  using R = Reg<T>;
  using Tile = void (*)(const GemmTile<T>&);
  static constexpr int lanes = R::lanes, mr = R::column_rows;
  static constexpr Turn several = sizeof(T) * lanes == 64 ? Turn::lines : Turn::strips;

  struct Tiles {
    Tile several[mr], one[mr], last[mr];  // panels at a time; the last one may be narrower than a register
    int panels[mr];
  };
  template <int rows>
  static constexpr void fill(Tiles& t) {
    t.panels[rows - 1] = R::column_panels(rows);
    t.several[rows - 1] = gemm_columns_tile<T, rows, R::column_panels(rows), several>;
    t.one[rows - 1] = gemm_columns_tile<T, rows, 1, Turn::lines>;
    t.last[rows - 1] = gemm_columns_tile<T, rows, 1, Turn::last>;
    if constexpr (rows < mr) fill<rows + 1>(t);
  }
  static constexpr Tiles make() {
    Tiles t{};
    fill<1>(t);
    return t;
  }
  static constexpr Tiles tiles = make();

  static void block(const nncore::GemmBlock<T>& g) {
    const int64_t panels = (g.m + mr - 1) / mr, rows = g.m / panels, longer = g.m % panels;
    const bool same_sets = g.ldb * int64_t(sizeof(T)) % 2048 == 0;
    const int many = tiles.panels[rows - 1];
    const bool one_by_one = same_sets || (longer > 0 && tiles.panels[rows] != many);
    GemmTile<T> t;
    t.k = g.k;
    t.a_row = g.a_row;
    t.a_col = g.a_col;
    t.ldb = g.ldb;
    t.ld_start = g.ld_start;
    t.ld_out = g.ld_out;
    t.ahead = g.far ? 256 / int(sizeof(T)) : 0;
    int64_t j = 0;
    if (g.m == 1 && g.k >= VectorKernel<T>::unit && g.n >= lanes) {
      j = g.n / lanes * lanes;
      gemm_vector(g, j, same_sets);
    }
    for (int64_t columns; j < g.n; j += columns) {
      const int64_t rest = g.n - j;
      const bool fits = !one_by_one && rest >= many * lanes;
      columns = fits ? many * lanes : rest < lanes ? rest : lanes;
      t.last = int(columns);
      t.b = g.b + j * g.ldb;
      t.bias = g.bias ? g.bias + j : nullptr;
      for (int64_t q = 0, i = 0; q < panels; q++) {
        const int64_t r = rows + (q < longer);
        t.a = g.a + i * g.a_row;
        t.start = g.start ? g.start + i * g.ld_start + j : nullptr;
        t.out = g.out + i * g.ld_out + j;
        t.add = g.add ? g.add + i * g.ld_out + j : nullptr;
        (fits ? tiles.several : columns == lanes ? tiles.one : tiles.last)[r - 1](t);
        i += r;
      }
    }
  }
};

template <class T>
constexpr nncore::GemmKernels<T> make_kernels() {
  using G = Gemm<T>;
  return {G::lanes,         G::mr,
          G::nv * G::lanes, GemmColumns<T>::mr,
          G::block,         GemmColumns<T>::block,
          gemm_pack<T>,     gemm_pack_transposed<T>,
          gemm_transpose<T>};
}

constexpr nncore::Family<nncore::GemmKernels> kernels = {make_kernels<float>(), make_kernels<double>()};
