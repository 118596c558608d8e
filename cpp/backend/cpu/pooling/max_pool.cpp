#include <limits>

#include "windows.h"

namespace nncore::cpu {

namespace {

template <class T>
using Int = typename PoolInt<T>::Type;

// A row of windows that may differ.
template <class T>
void max_row(const PoolShape& s, const WindowTable& table, const OutputRow& row, const T* x, T* y,
             Int<T>* index) {
  const int64_t dilation = s.axes[2].dilation;
  for (int64_t o = 0; o < s.axes[2].out; o++) {
    const Window column = table.columns()[o];
    T best = -std::numeric_limits<T>::infinity();
    int64_t place = -1;
    for_window_rows(s, table, row, [&](int64_t at) {
      if (place < 0) place = at + column.begin;
      for (int64_t j = column.begin; j < column.end; j += dilation)
        if (const T v = x[at + j]; v > best || v != v) best = v, place = at + j;
    });
    y[o] = best;
    if (index) index[o] = Int<T>(place);
  }
}

}  // namespace

// The threads split the rows of outputs.
void run(const MaxPoolFwd& k) {
  visit_float(k.x.dtype, [&](auto zero) {
    using T = decltype(zero);
    const PoolShape& s = k.shape;
    const int64_t width = s.axes[2].out;
    parallel_for(s.rows(), k.cost(), [&](int64_t begin, int64_t end) {
      WindowTable table(s);
      const LevelRows<T> level_rows(s, table, -std::numeric_limits<T>::infinity());
      const Scratch<Int<T>> first(width);  // column of each window that is not padding
      for (int64_t o = 0; level_rows && o < width; o++)
        first.data()[o] = Int<T>(table.columns()[o].begin - (o * s.axes[2].stride - s.axes[2].padding));
      int64_t placed = -1;
      for_rows(s, begin, end, [&](const OutputRow& row) {
        if (k.samples && row.plane != placed) {
          placed = row.plane;
          table.place(k.samples.as<T>() + 3 * placed);
        }
        const T* const x = k.x.as<T>() + row.plane * s.in();
        T* const y = k.y.as<T>() + row.i * width;
        Int<T>* const index = k.index ? k.index.as<Int<T>>() + row.i * width : nullptr;
        if (!level_rows) return max_row(s, table, row, x, y, index);
        kernels<T>().pool.max(level_rows(row, x), first.data(), y, index);
      });
    });
  });
}

// The threads split the planes.
void run(const MaxPoolBwd& k) {
  visit_float(k.dy.dtype, [&](auto zero) {
    using T = decltype(zero);
    parallel_for(k.planes, k.cost(), [&](int64_t begin, int64_t end) {
      for (int64_t p = begin; p < end; p++) {
        T* const dx = k.dx.as<T>() + p * k.in;
        const T* const dy = k.dy.as<T>() + p * k.out;
        const Int<T>* const index = k.index.as<Int<T>>() + p * k.out;
        std::fill_n(dx, k.in, T(0));
        for (int64_t i = 0; i < k.out; i++) dx[index[i]] += dy[i];
      }
    });
  });
}

}  // namespace nncore::cpu
