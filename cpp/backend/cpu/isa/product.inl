// The kernels of matrix products of one level, in their table.
#include "opaque.inl"
//
#include "product_tile.inl"
//
#include "product_columns.inl"
//
#include "product_vector.inl"
//
#include "product_pack.inl"

template <class T>
struct ProductTable {
  using R = Reg<T>;
  using Kernels = nncore::ProductKernels<T>;
  static constexpr int lanes = R::lanes, mr = R::tile_rows, nr_registers = R::tile_regs;
  static constexpr int most_registers = nncore::TileKernels<T>::most_registers;
  static constexpr int tallest = mr * nr_registers < 12 ? mr * nr_registers : mr < 12 ? 12 : mr;
  // A level whose masked loads cost nothing (one register holds the mask) needs no second kernel for whole
  // registers.
  static constexpr bool free_masks = sizeof(T) * lanes == 64;
  static constexpr Edge whole = free_masks ? Edge::masked : Edge::whole;
  static constexpr Load several = free_masks ? Load::lines : Load::strips;
  static_assert(tallest <= Kernels::most_rows && R::column_rows <= Kernels::most_column_rows);

  // The most registers of columns for a tile of `rows` rows, with one more for each register of B.
  static constexpr int widest(int rows) {
    const int regs = rows > mr ? 1 : (R::registers - 1) / (rows + 1), most = rows > 2 ? 5 : most_registers;
    return regs < most ? regs : most;
  }

  template <int rows, int regs = 1>
  static constexpr void fill_tiles(Kernels& t) {
    nncore::TileKernels<T>& of_height = t.tiles[rows - 1];
    of_height.widest = widest(rows);
    if constexpr (regs <= widest(rows)) {
      of_height.whole[regs - 1] = product_tile<T, rows, regs, whole, Ask::ahead>;
      of_height.masked[regs - 1] = product_tile<T, rows, regs, Edge::masked, Ask::ahead>;
      if constexpr (2 * rows > mr && rows <= mr && regs == nr_registers)
        of_height.prefetching = product_tile<T, rows, regs, whole, Ask::listed>;
      if constexpr (regs < most_registers) return fill_tiles<rows, regs + 1>(t);
    }
    if constexpr (rows < tallest) fill_tiles<rows + 1>(t);
  }
  template <int rows>
  static constexpr void fill_columns(Kernels& t) {
    t.columns[rows - 1] = {R::column_panels(rows), product_columns<T, rows, R::column_panels(rows), several>,
                           product_columns<T, rows, 1, Load::lines>, product_columns<T, rows, 1, Load::last>};
    if constexpr (rows < R::column_rows) fill_columns<rows + 1>(t);
  }

  static constexpr Kernels make() {
    Kernels t{};
    t.lanes = lanes;
    t.mr = mr;
    t.nr = nr_registers * lanes;
    t.tallest = tallest;
    t.column_rows = R::column_rows;
    fill_tiles<1>(t);
    fill_columns<1>(t);
    t.vector = product_vector<T>;
    t.pack = product_pack<T>;
    t.pack_transposed = product_pack_transposed<T>;
    t.transpose = product_transpose<T>;
    return t;
  }
};

constexpr nncore::Family<nncore::ProductKernels> kernels = {ProductTable<float>::make(),
                                                            ProductTable<double>::make()};
