// The paths `direct` and `packed`: blocks of B, panels of A, tiles of C. A panel of A stays in the
// first-level cache while it is multiplied by a block of B in the second-level cache. B is packed if its rows
// are unsuitable for direct reading, A if its columns are. After Goto and van de Geijn, Anatomy of
// High-Performance Matrix Multiplication, 2008, with A and B exchanged, because second-level caches have
// grown.
#include <algorithm>

#include "run.h"

namespace nncore::cpu {
namespace {

// Memory to prefetch: `runs` pieces of `bytes` bytes, `stride` bytes apart.
struct Region {
  const char* at;
  int64_t runs, stride, bytes;
};
template <class T>
Region region(Matrix<T> x, int64_t rows, int64_t columns) {
  constexpr int64_t size = sizeof(T);
  const char* const at = reinterpret_cast<const char*>(x.data);
  return x.column == 1 ? Region{at, rows, x.row * size, columns * size}
                       : Region{at, columns, x.column * size, rows * size};
}

// The regions that a tile prefetches while it computes, most urgent first.
class Prefetches {
 public:
  void clear() { count_ = 0; }
  // Adds part i of `parts` parts of a region.
  void add(const Region& region, int64_t i, int64_t parts) {
    const int64_t first = region.runs * i / parts;
    int64_t runs = region.runs * (i + 1) / parts - first;
    const char* at = region.at + first * region.stride;
    if (region.bytes <= pair && runs > 0 && count_ < most) {
      prefetch_[count_++] = {at, region.stride, runs};
      runs = 0;
    }
    for (; runs > 0 && count_ < most; runs--, at += region.stride)
      prefetch_[count_++] = {at, pair, ceil_div(region.bytes, pair)};
  }
  const Prefetch* list() {
    prefetch_[count_] = {};
    return prefetch_;
  }

 private:
  static constexpr int64_t most = 8, pair = 128;  // bytes of two cache lines
  Prefetch prefetch_[most + 1];
  int64_t count_ = 0;
};

// Computes one product on one thread.
template <class T>
class Blocks {
 public:
  Blocks(const Product<T>& p, const Plan& plan)
      : p_(p),
        plan_(plan),
        pack_b_(plan.path == Path::packed),
        strips_(ceil_div(p.n, plan.nc)),
        kc_(std::min(p.k, plan.kc)),
        packed_a_(plan.pack_a ? (kc_ + 4) * kernel_.tallest : 0),
        packed_b_(pack_b_ ? (kc_ + 4) * round_up(ceil_div(p.n, strips_), kernel_.nr) : 0) {}

  void run() {
    for (int64_t s = 0; s < strips_; s++) {
      const Product<T> product = p_.part({0, p_.m}, strip(s));
      const bool done = for_blocks_of_k(product, kc_, [&](const KBlock<T>& block) {
        return multiply(
            {block, product, kernel_, plan_, plan_.prefetch ? next_b(s, block.steps.end) : Region{}});
      });
      if (!done) return;
      activate(product);
    }
  }

 private:
  // A block of B and the rows of A that it is multiplied by, cut into panels and tiles.
  struct Block {
    Block(const KBlock<T>& chains, const Product<T>& p, const ProductKernels<T>& kernel, const Plan& plan,
          const Region& next_b)
        : chains(chains),
          a(p.a.from(0, chains.steps.begin)),
          b(p.b.from(chains.steps.begin, 0)),
          next_b(next_b),
          m(p.m),
          n(p.n),
          panels(ceil_div(m, n <= kernel.lanes ? kernel.tallest : kernel.mr)),
          rows(m / panels),
          longer(m % panels),
          registers(plan.path == Path::packed ? kernel.nr / kernel.lanes
                                              : kernel.tiles[height(0) - 1].widest),
          width(registers * kernel.lanes),
          across(ceil_div(n, width)) {}

    int64_t height(int64_t q) const { return q < panels ? rows + (q < longer) : 0; }

    const KBlock<T>& chains;
    const Matrix<const T> a, b;
    const Region next_b;
    const int64_t m, n, panels, rows, longer;
    const int64_t registers, width;  // of a tile
    const int64_t across;            // the number of tiles per panel of A
  };

  Span strip(int64_t s) const { return part(p_.n, strips_, s, kernel_.nr); }

  // The block of B after the one that ends at step `end` of k in strip s.
  Region next_b(int64_t s, int64_t end) const {
    if (end == p_.k && ++s == strips_) return {};
    if (end == p_.k) end = 0;
    return region(p_.b.from(end, strip(s).begin), std::min(p_.k - end, kc_), strip(s).size());
  }

  // Returns false if an interrupt arrived.
  bool multiply(const Block& block) {
    tile_ = block.chains.first;
    tile_.a_row = block.a.row, tile_.a_column = block.a.column;
    tile_.b_stride = block.b.row;
    tile_.ahead = plan_.far ? 1024 / int64_t(sizeof(T)) : block.width;
    if (pack_b_) pack_b(block.b, block.n);
    return plan_.by_rows ? by_rows(block) : by_columns(block);
  }

  // Multiplies each panel of A by all tiles of B before the next panel.
  bool by_rows(const Block& block) {
    for (int64_t q = 0, i = 0; q < block.panels; i += block.height(q++)) {
      const int64_t rows = block.height(q);
      if (watch_.stops(rows * block.n * tile_.k)) return false;
      if (plan_.pack_a) pack_a(block.a.from(i, 0), rows);
      const T* const a = plan_.pack_a ? packed_a_.data() : block.a.data + i * block.a.row;
      for (int64_t c = 0; c < block.across; c++) {
        if (plan_.prefetch) prefetch(block, q, i, c);
        tile(block, a, i, rows, c * block.width);
      }
    }
    return true;
  }

  // Multiplies each tile of B by all panels of A before the next tile.
  bool by_columns(const Block& block) {
    for (int64_t j = 0; j < block.n; j += block.width) {
      if (watch_.stops(block.m * block.width * tile_.k)) return false;
      for (int64_t q = 0, i = 0; q < block.panels; i += block.height(q++))
        tile(block, block.a.data + i * block.a.row, i, block.height(q), j);
    }
    return true;
  }

  // Computes the tile of C whose first element is (i, j). a: its panel of A.
  void tile(const Block& block, const T* a, int64_t i, int64_t rows, int64_t j) {
    const int64_t rest = block.n - j, lanes = kernel_.lanes;
    int64_t registers = block.registers, last = lanes;
    if (rest < block.width) {
      registers = ceil_div(rest, lanes);
      last = rest - (registers - 1) * lanes;
    }
    tile_.last = int(last);
    tile_.a = a;
    if (pack_b_) {
      tile_.b = packed_b_.data() + j * tile_.k;
      tile_.b_stride = registers * lanes;
      tile_.ahead = 8 * tile_.b_stride;
    } else {
      tile_.b = block.b.data + j;
    }
    block.chains.place(tile_, i, j);
    const TileKernels<T>& kernels = kernel_.tiles[rows - 1];
    const bool whole = pack_b_ || last == lanes;
    if (plan_.prefetch && whole && registers * lanes == kernel_.nr && kernels.prefetching)
      kernels.prefetching(tile_);
    else
      (whole ? kernels.whole : kernels.masked)[registers - 1](tile_);
  }

  // Prefetches the memory that is needed after tile c of panel q, whose first row is i: the next tile of C,
  // and parts of the next panel of A and the next block of B.
  void prefetch(const Block& block, int64_t q, int64_t i, int64_t c) {
    const int64_t across = block.across;
    const int64_t rows = block.height(q), next = block.height(q + 1);
    const Matrix<T> out{block.chains.first.out, block.chains.first.out_row};
    prefetches_.clear();
    prefetches_.add(c + 1 < across ? region(out.from(i, (c + 1) * block.width), rows, block.width)
                                   : region(out.from(i + rows, 0), next, block.width),
                    0, 1);
    prefetches_.add(region(block.a.from(i + rows, 0), next, tile_.k), c, across);
    prefetches_.add(block.next_b, q * across + c, block.panels * across);
    tile_.prefetch = prefetches_.list();
  }

  // Copies a panel of A as [k][rows].
  void pack_a(Matrix<const T> a, int64_t rows) {
    if (a.row == 1)
      kernel_.pack(tile_.k, rows, a.data, a.column, packed_a_.data(), rows);
    else
      kernel_.pack_transposed(tile_.k, rows, a.data, a.row, packed_a_.data(), rows);
    tile_.a_row = 1, tile_.a_column = rows;
  }

  // Copies B to panels of nr columns, each [k][nr]; the width of the last one is rounded up to a register.
  // Reads a few rows at a time from end to end, because the processor prefetches such streams.
  void pack_b(Matrix<const T> b, int64_t n) {
    const int64_t k = tile_.k, rows = b.column == 1 ? 16 : k;
    for (int64_t p = 0; p < k; p += rows)
      for (int64_t j = 0; j < n; j += kernel_.nr) {
        const int64_t columns = std::min<int64_t>(n - j, kernel_.nr), steps = std::min(k - p, rows);
        const int64_t width = round_up(columns, kernel_.lanes);
        const Matrix<const T> from = b.from(p, j);
        T* const panel = packed_b_.data() + j * k + p * width;
        if (b.column == 1)
          kernel_.pack(steps, columns, from.data, from.row, panel, width);
        else
          kernel_.pack_transposed(steps, columns, from.data, from.column, panel, width);
      }
  }

  const ProductKernels<T>& kernel_ = kernels<T>().product;
  const Product<T>& p_;
  const Plan& plan_;
  const bool pack_b_;
  const int64_t strips_, kc_;
  const Scratch<T> packed_a_, packed_b_;
  Tile<T> tile_;
  Prefetches prefetches_;
  Watch watch_;
};

}  // namespace

template <class T>
void run_blocks(const Product<T>& p, const Plan& plan) {
  Blocks<T>(p, plan).run();
}
template void run_blocks(const Product<float>&, const Plan&);
template void run_blocks(const Product<double>&, const Plan&);

}  // namespace nncore::cpu
