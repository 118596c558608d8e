// One row of A, and B by columns: as fast as B arrives. Several panels of columns run side by side, as each
// has one chain only. If all columns fall into the same few sets of the first cache, the panels start at
// different depths and avoid each other.

template <class T>
struct VectorKernel {
  using R = Reg<T>;
  using Raw = typename R::Raw;
  static constexpr int lanes = R::lanes, panels = sizeof(T) * lanes == 64 ? 2 : 4;
  static constexpr int unit = 64 / int(sizeof(T));  // steps at a time: a cache line of each column

  __attribute__((always_inline)) static void visit(Raw& acc, const T* a, int64_t step, const T* b,
                                                   int64_t ld) {
    const Columns<T> ahead(b, ld);  // by two to five lines: columns of the same sets arrive one after another
#pragma GCC unroll 16
    for (int j = 0; j < lanes; j++) __builtin_prefetch(ahead[j] + (2 + j % 4) * unit);
#pragma GCC unroll 8
    for (int s = 0; s < unit; s += lanes) {
      const Columns<T> column(b + s, ld);
      Raw r[lanes];
#pragma GCC unroll 16
      for (int j = 0; j < lanes; j++) r[j] = R::load(column[j]);
      R::transpose(r);
#pragma GCC unroll 16
      for (int c = 0; c < lanes; c++, a += step) {
        R::accumulate_at(acc, a, r[c]);
        opaque(a);
      }
    }
    R::settle(acc);
  }

  struct Panel {
    const T *a, *b;
    int64_t steps;   // still to go
    int64_t column;  // -1: its sum is dropped
    Raw sum;
  };

  // All panels by so many steps.
  __attribute__((noinline)) static void sweep(Panel* panel, int64_t steps, int64_t step, int64_t ld) {
    Raw sum[panels];
    const T *a[panels], *b[panels];
#pragma GCC unroll 4
    for (int q = 0; q < panels; q++) sum[q] = panel[q].sum, a[q] = panel[q].a, b[q] = panel[q].b;
    for (int64_t p = 0; p < steps; p += unit) {
#pragma GCC unroll 4
      for (int q = 0; q < panels; q++) {
        visit(sum[q], a[q], step, b[q], ld);
        a[q] += unit * step, b[q] += unit;
      }
    }
#pragma GCC unroll 4
    for (int q = 0; q < panels; q++)
      panel[q].sum = sum[q], panel[q].a = a[q], panel[q].b = b[q], panel[q].steps -= steps;
  }

  // The k steps left over, less than a unit.
  static Raw rest(Raw acc, const T* a, int64_t step, const T* b, int64_t ld, int64_t k) {
    for (; k > 0; k -= lanes, a += lanes * step, b += lanes) {
      const int steps = k < lanes ? int(k) : lanes;
      const auto tail = R::tail(steps);
      Raw r[lanes];
#pragma GCC unroll 16
      for (int j = 0; j < lanes; j++) r[j] = R::load_tail(b + j * ld, tail);
      R::transpose(r);
      T transposed[lanes * lanes];
#pragma GCC unroll 16
      for (int c = 0; c < lanes; c++) R::store(transposed + c * lanes, r[c]);
      for (int c = 0; c < steps; c++) R::accumulate_at(acc, a + c * step, R::load(transposed + c * lanes));
    }
    return acc;
  }
};

// n columns: a multiple of lanes. At least a unit of steps.
template <class T>
void product_vector(const nncore::Tile<T>& g, int64_t n) {
  using K = VectorKernel<T>;
  using R = Reg<T>;
  constexpr int lanes = K::lanes, panels = K::panels, unit = K::unit;
  const int64_t whole = g.k / unit * unit, step = g.a_column;
  const bool same_sets = g.b_stride * int64_t(sizeof(T)) % 2048 == 0;
  typename K::Panel panel[panels];
  int64_t next = 0;
  const auto open = [&](typename K::Panel& p, int64_t depth) {
    const int64_t j = depth == 0 && next < n ? next : -1;
    p = {g.a + depth * step, g.b + (j < 0 ? 0 : j) * g.b_stride + depth, whole - depth, j,
         j >= 0 && g.start ? R::load(g.start + j) : R::set1(T(0))};
    if (j >= 0) next += lanes;
  };
  for (int q = 0; q < panels; q++) open(panel[q], same_sets ? whole / unit * q / panels * unit : 0);
  for (int64_t left = n; left > 0;) {
    int64_t steps = panel[0].steps;
    for (const auto& p : panel) steps = p.steps < steps ? p.steps : steps;
    K::sweep(panel, steps, step, g.b_stride);
    for (auto& p : panel) {
      if (p.steps > 0) continue;
      const int64_t j = p.column;
      if (j >= 0) {
        typename R::Raw sum = p.sum;
        if (whole < g.k) sum = K::rest(sum, p.a, step, p.b, g.b_stride, g.k - whole);
        if (g.add) sum = R::add(R::load(g.add + j), sum);
        if (g.bias) sum = R::add(sum, R::load(g.bias + j));
        R::store(g.out + j, sum);
        left -= lanes;
      }
      open(p, 0);
    }
  }
}
