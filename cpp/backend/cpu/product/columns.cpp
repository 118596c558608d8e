// The path `columns`: A has few rows, and B is stored by columns. A panel of columns of B is transposed in
// registers and used for every row of A.
#include <algorithm>

#include "run.h"

namespace nncore::cpu {

template <class T>
void run_columns(const Product<T>& p, const Plan& plan) {
  const ProductKernels<T>& kernel = kernels<T>().product;
  const int64_t lanes = kernel.lanes, line = 64 / sizeof(T);
  const int64_t panels = ceil_div(p.m, kernel.column_rows), rows = p.m / panels, longer = p.m % panels;
  // Reads columns that map to the same sets of the first-level cache one register at a time.
  const bool same_sets = p.b.column * int64_t(sizeof(T)) % 2048 == 0;
  const int64_t many = kernel.columns[rows - 1].registers * lanes;
  const bool one_by_one = same_sets || (longer > 0 && kernel.columns[rows].registers * lanes != many);
  Watch watch;
  const bool done = for_blocks_of_k(p, plan.kc, [&](const KBlock<T>& block) {
    const Matrix<const T> a = p.a.from(0, block.steps.begin), b = p.b.from(block.steps.begin, 0);
    Tile<T> tile = block.first;
    tile.a_row = a.row, tile.a_column = a.column;
    tile.b_stride = b.column;
    tile.ahead = plan.far ? 256 / int64_t(sizeof(T)) : 0;
    int64_t j = 0;
    const auto place = [&](int64_t i) {
      tile.a = a.from(i, 0).data;
      tile.b = b.from(0, j).data;
      block.place(tile, i, j);
    };
    if (p.m == 1 && tile.k >= line) {
      const int64_t whole = p.n / lanes * lanes, most = round_up(Watch::most / tile.k, lanes);
      for (int64_t columns; j < whole; j += columns) {
        columns = std::min(whole - j, most);
        if (watch.stops(columns * tile.k)) return false;
        place(0);
        kernel.vector(tile, columns);
      }
    }
    for (int64_t columns; j < p.n; j += columns) {
      const int64_t rest = p.n - j;
      const bool fits = !one_by_one && rest >= many;
      columns = fits ? many : std::min(rest, lanes);
      if (watch.stops(p.m * columns * tile.k)) return false;
      tile.last = int(columns);
      for (int64_t q = 0, i = 0; q < panels; q++) {
        const int64_t height = rows + (q < longer);
        const ColumnKernels<T>& of_height = kernel.columns[height - 1];
        place(i);
        (fits ? of_height.several : columns == lanes ? of_height.one : of_height.last)(tile);
        i += height;
      }
    }
    return true;
  });
  if (done) activate(p);
}

template void run_columns(const Product<float>&, const Plan&);
template void run_columns(const Product<double>&, const Plan&);

}  // namespace nncore::cpu
