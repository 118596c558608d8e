// The weights of a correlation as [group][panel][step of k][row of the panel]. The panels are as even as possible,
// taller ones first.
#pragma once
#include <algorithm>

#include "../../../core/parallel.h"
#include "../../cost.h"
#include "../dispatch.h"
#include "../scratch.h"
#include "../span.h"
#include "correlation.h"

namespace nncore::cpu {

template <class T>
class Panels {
 public:
  // padded: each step of k has `most` values, zeros behind those of the rows; else only the rows.
  Panels(const Correlation<T>& c, int most, bool padded)
      : c_(c),
        most_(most),
        padded_(padded),
        count_(ceil_div(c.rows, most)),
        rows_(c.rows / count_),
        taller_(c.rows % count_),
        packed_(c.groups * values() * c.k()) {
    const int64_t tasks = c.groups * count_;
    parallel_for(tasks, byte_cost(c.groups * values() * c.k() * int64_t(sizeof(T)) * 4),
                 [&](int64_t begin, int64_t end) {
                   for (int64_t i = begin; i < end; i++) pack(i / count_, i % count_);
                 });
  }
  int64_t count() const { return count_; }
  int64_t taller() const { return taller_; }  // panels with one more row
  int64_t height(int64_t panel) const { return rows_ + (panel < taller_); }
  int64_t row(int64_t panel) const { return panel * rows_ + std::min(panel, taller_); }
  int64_t width(int64_t panel) const { return padded_ ? most_ : height(panel); }  // values per step of k
  const T* data(int64_t group, int64_t panel) const { return packed_.data() + first(group, panel); }

 private:
  int64_t values() const { return padded_ ? count_ * most_ : c_.rows; }  // per group and step of k
  int64_t first(int64_t group, int64_t panel) const {
    return (group * values() + (padded_ ? panel * most_ : row(panel))) * c_.k();
  }
  void pack(int64_t group, int64_t panel) {
    const auto transposed = kernels<T>().product.pack_transposed;
    const int64_t taps = c_.taps(), height = this->height(panel), width = this->width(panel);
    const T* const w = c_.w + group * c_.w_group + row(panel) * c_.w_row;
    T* to = packed_.data() + first(group, panel);
    const Axis* axis = c_.axis;
    const bool dense =
        c_.w_axis[2] == 1 && c_.w_axis[1] == axis[2].taps && c_.w_axis[0] == axis[1].taps * axis[2].taps;
    if (taps == 0) return;
    if (dense && c_.w_channel == taps) return transposed(c_.k(), height, w, c_.w_row, to, width);
    for (int64_t ch = 0; ch < c_.channels; ch++) {
      const T* const from = w + ch * c_.w_channel;
      if (dense) {
        transposed(taps, height, from, c_.w_row, to, width);
        to += taps * width;
        continue;
      }
      for (int64_t i = 0; i < axis[0].taps; i++)
        for (int64_t j = 0; j < axis[1].taps; j++)
          for (int64_t l = 0; l < axis[2].taps; l++, to += width) {
            const T* const tap = from + i * c_.w_axis[0] + j * c_.w_axis[1] + l * c_.w_axis[2];
            for (int64_t r = 0; r < height; r++) to[r] = tap[r * c_.w_row];
            std::fill(to + height, to + width, T(0));
          }
    }
  }

  const Correlation<T>& c_;
  const int64_t most_;
  const bool padded_;
  const int64_t count_, rows_, taller_;
  const Scratch<T> packed_;
};

}  // namespace nncore::cpu
