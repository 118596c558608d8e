#include "windows.h"

namespace nncore::cpu {

namespace {

// The divisor of a window is that of its row of outputs times that of its column of outputs.
template <class T>
class Divisors {
 public:
  Divisors(const PoolShape& s, const WindowTable& table, const PoolDivisor& d)
      : shape_(s), table_(table), rule_(d), columns_(s.axes[2].out) {
    for (int64_t o = 0; o < s.axes[2].out; o++)
      columns_.data()[o] = d.divisor ? T(d.divisor) : T(count(2, o));
  }
  T row(const OutputRow& row) const {
    return rule_.divisor ? T(1) : T(count(0, row.depth) * count(1, row.height));
  }
  const T* columns() const { return columns_.data(); }

 private:
  int64_t count(int axis, int64_t o) const {
    const PoolAxis& a = shape_.axes[axis];
    const Window w = table_.of(axis)[o];
    if (shape_.placement != Placement::strided || !rule_.include_padding) return w.end - w.begin;
    const int64_t first = o * a.stride - a.padding;
    return std::min(first + a.kernel, a.in + a.padding) - first;
  }
  const PoolShape& shape_;
  const WindowTable& table_;
  const PoolDivisor rule_;
  const Scratch<T> columns_;
};

// The sums of a row of windows that may differ.
template <class T>
void sum_row(const PoolShape& s, const WindowTable& table, const OutputRow& row, const T* x, T* y) {
  for (int64_t o = 0; o < s.axes[2].out; o++) {
    const Window column = table.columns()[o];
    T sum = 0;
    for_window_rows(s, table, row, [&](int64_t at) {
      for (int64_t j = column.begin; j < column.end; j++) sum += x[at + j];
    });
    y[o] = sum;
  }
}

// The gradient of a plane.
template <class T>
class Gradient {
 public:
  Gradient(const AvgPoolBwd& k, const WindowTable& table)
      : k_(k),
        s_(k.shape),
        table_(table),
        divisors_(s_, table, k.divisor),
        regular_(is_regular(s_) && s_.axes[2].stride <= pool_grad_strides),
        margin_(regular_ ? pool_margin + s_.axes[2].kernel : 0),
        terms_(s_.axes[2].out + 2 * margin_),
        sums_(regular_ ? span(s_.axes[2]) + s_.axes[2].stride * pool_margin : s_.axes[2].in),
        rows_(s_.most_rows()) {
    std::fill_n(terms_.data(), s_.axes[2].out + 2 * margin_, T(0));
  }
  // Adds the gradients of a row of outputs.
  void add(const OutputRow& row) const {
    const PoolAxis& a = s_.axes[2];
    T* const dx = k_.dx.as<T>() + row.plane * s_.in();
    int64_t rows = 0;
    for_window_rows(s_, table_, row, [&](int64_t at) { rows_.data()[rows++] = dx + at; });
    const PoolGradRow<T> g = {.rows = rows,
                              .row = rows_.data(),
                              .columns = a.kernel,
                              .stride = a.stride,
                              .padding = a.padding,
                              .outputs = a.out,
                              .width = a.in,
                              .dy = k_.dy.as<T>() + row.i * a.out,
                              .factor = divisors_.row(row),
                              .divisor = divisors_.columns(),
                              .terms = terms_.data() + margin_,
                              .sums = sums_.data()};
    if (regular_)
      kernels<T>().pool.mean_bwd(g);
    else
      add_any(g);
  }

 private:
  // The same for windows that may differ.
  void add_any(const PoolGradRow<T>& g) const {
    kernels<T>().pool.divide(g.outputs, g.dy, g.factor, g.divisor, g.terms);
    std::fill_n(g.sums, g.width, T(0));
    for (int64_t o = 0; o < g.outputs; o++)
      for (int64_t j = table_.columns()[o].begin; j < table_.columns()[o].end; j++) g.sums[j] += g.terms[o];
    for (int64_t r = 0; r < g.rows; r++)
      for (int64_t j = 0; j < g.width; j++) g.row[r][j] += g.sums[j];
  }
  const AvgPoolBwd& k_;
  const PoolShape& s_;
  const WindowTable& table_;
  const Divisors<T> divisors_;
  const bool regular_;
  const int64_t margin_;
  const Scratch<T> terms_, sums_;
  const Scratch<T*> rows_;
};

}  // namespace

// The threads split the rows of outputs.
void run(const AvgPoolFwd& k) {
  visit_float(k.x.dtype, [&](auto zero) {
    using T = decltype(zero);
    const PoolShape& s = k.shape;
    const int64_t width = s.axes[2].out;
    parallel_for(s.rows(), k.cost(), [&](int64_t begin, int64_t end) {
      const WindowTable table(s);
      const Divisors<T> divisors(s, table, k.divisor);
      const LevelRows<T> level_rows(s, table, T(0));
      for_rows(s, begin, end, [&](const OutputRow& row) {
        const T* const x = k.x.as<T>() + row.plane * s.in();
        T* const y = k.y.as<T>() + row.i * width;
        const T divisor = divisors.row(row);
        if (level_rows) return kernels<T>().pool.mean(level_rows(row, x), divisor, divisors.columns(), y);
        sum_row(s, table, row, x, y);
        kernels<T>().pool.divide(width, y, divisor, divisors.columns(), y);
      });
    });
  });
}

// The threads split the planes.
void run(const AvgPoolBwd& k) {
  visit_float(k.dy.dtype, [&](auto zero) {
    using T = decltype(zero);
    const PoolShape& s = k.shape;
    const int64_t rows = s.axes[0].out * s.axes[1].out;
    parallel_for(s.planes, k.cost(), [&](int64_t begin, int64_t end) {
      const WindowTable table(s);
      const Gradient<T> gradient(k, table);
      for_rows(s, begin * rows, end * rows, [&](const OutputRow& row) {
        if (row.i % rows == 0) std::fill_n(k.dx.as<T>() + row.plane * s.in(), s.in(), T(0));
        gradient.add(row);
      });
    });
  });
}

}  // namespace nncore::cpu
