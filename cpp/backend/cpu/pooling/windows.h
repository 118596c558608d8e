// The windows of pooling, one row of outputs after another.
#pragma once
#include "../../../core/parallel.h"
#include "../../kernels/pool.h"
#include "../dispatch.h"
#include "../scratch.h"

namespace nncore::cpu {

// The windows of all outputs along each axis; those along axis 2 are the columns.
class WindowTable {
 public:
  explicit WindowTable(const PoolShape& s)
      : shape_(s), windows_(s.axes[0].out + s.axes[1].out + s.axes[2].out) {
    Window* w = windows_.data();
    for (int i = 0; i < 3; w += s.axes[i++].out) axes_[i] = w;
    if (s.placement != Placement::fractional) place<float>(nullptr);
  }
  // Places fractional windows. samples: the random numbers of a plane, one per axis.
  template <class T>
  void place(const T* samples) {
    for (int i = 0; i < 3; i++)
      for (int64_t o = 0; o < shape_.axes[i].out; o++)
        axes_[i][o] = shape_.axes[i].window(shape_.placement, o, samples ? samples[i] : T(0));
  }
  const Window* of(int axis) const { return axes_[axis]; }
  const Window* columns() const { return axes_[2]; }

 private:
  const PoolShape& shape_;
  const Scratch<Window> windows_;
  Window* axes_[3];
};

// A row of outputs: number `i` over all planes.
struct OutputRow {
  int64_t i, plane, depth, height;
};

// Calls f(row) for the rows [begin, end) of outputs.
template <class F>
void for_rows(const PoolShape& s, int64_t begin, int64_t end, F f) {
  const int64_t depths = s.axes[0].out, heights = s.axes[1].out;
  OutputRow row = {begin, begin / (depths * heights), begin / heights % depths, begin % heights};
  for (; row.i < end; row.i++) {
    f(row);
    if (++row.height < heights) continue;
    row.height = 0;
    if (++row.depth < depths) continue;
    row.depth = 0;
    row.plane++;
  }
}

// Calls f(at) for the rows of the windows of a row of outputs; `at` is the position in the plane of the first
// element of the row.
template <class F>
void for_window_rows(const PoolShape& s, const WindowTable& table, const OutputRow& row, F f) {
  const Window z = table.of(0)[row.depth], y = table.of(1)[row.height];
  for (int64_t i = z.begin; i < z.end; i += s.axes[0].dilation)
    for (int64_t j = y.begin; j < y.end; j += s.axes[1].dilation) f((i * s.axes[1].in + j) * s.axes[2].in);
}

// The columns from the left padding to the end of the last window, or of the plane.
inline int64_t span(const PoolAxis& a) {
  return std::max((a.out - 1) * a.stride + (a.kernel - 1) * a.dilation + 1, a.padding + a.in);
}
// True if the columns of the windows are those of one window, moved by the stride, and a row with padding is not
// much longer than one without.
inline bool is_regular(const PoolShape& s) {
  return s.placement == Placement::strided && span(s.axes[2]) <= 4 * s.axes[2].in + 1024;
}

// The rows of strided windows for the kernels of a level. Rows with padding are copied, with `fill` in the
// padding. A plane's rows y, y + 1, ... have the copies y, y + 1, ... modulo the number of copies, so that the
// next row of outputs finds some of its rows there.
template <class T>
class LevelRows {
 public:
  using Int = typename PoolInt<T>::Type;

  LevelRows(const PoolShape& s, const WindowTable& table, T fill)
      : shape_(s),
        table_(table),
        padding_(s.axes[2].padding),
        width_(span(s.axes[2])),
        fits_(is_regular(s) && (s.axes[2].stride <= 2 || s.axes[2].out >= 8)),
        most_(fits_ ? s.most_rows() : 0),
        turns_(s.axes[0].kernel == 1 && s.axes[1].dilation == 1),
        rows_(most_),
        copied_(most_),
        positions_(most_),
        copies_(width_ > s.axes[2].in ? most_ * width_ : 0) {
    std::fill_n(copied_.data(), most_, nullptr);
    if (copies_.data()) std::fill_n(copies_.data(), most_ * width_, fill);
  }
  // False if a level has no kernel for these windows, or a slow one.
  explicit operator bool() const { return fits_; }
  // x: the plane of the row
  PoolRow<T> operator()(const OutputRow& row, const T* x) const {
    const PoolAxis& a = shape_.axes[2];
    int64_t n = 0, slot = turns_ ? table_.of(1)[row.height].begin % most_ : 0;
    for_window_rows(shape_, table_, row, [&](int64_t at) {
      rows_.data()[n] = copies_.data() ? copy(x + at, slot) : x + at;
      positions_.data()[n++] = Int(at - padding_);
      slot = slot + 1 < most_ ? slot + 1 : 0;
    });
    return {n, rows_.data(), positions_.data(), a.kernel, a.stride, a.dilation, a.out};
  }

 private:
  const T* copy(const T* from, int64_t slot) const {
    T* const to = copies_.data() + slot * width_;
    if (copied_.data()[slot] != from) std::copy_n(from, shape_.axes[2].in, to + padding_);
    copied_.data()[slot] = from;
    return to;
  }
  const PoolShape& shape_;
  const WindowTable& table_;
  const int64_t padding_, width_;
  const bool fits_;
  const int64_t most_;
  const bool turns_;
  const Scratch<const T*> rows_, copied_;
  const Scratch<Int> positions_;
  const Scratch<T> copies_;
};

}  // namespace nncore::cpu
