// How the input of a correlation lies in memory: in place, or copied with zeros around it. For a step s, the copy
// has every s-th element side by side where neighboring positions must read neighboring elements.
#pragma once
#include <algorithm>
#include <cstdint>
#include <numeric>

#include "../span.h"
#include "correlation.h"

namespace nncore::cpu {

class Layout {
 public:
  enum class Order { as_in_x, neighbors };  // of the elements that neighboring positions read

  // The layout of a copy for `strip` positions along axis `across` and all positions along the others.
  template <class T>
  static Layout copied(const Correlation<T>& c, int across, int64_t strip, Order order) {
    Layout l(c.axis);
    for (int a = 0; a < 3; a++) {
      const Axis& axis = l.axis_[a];
      const int64_t unit = l.unit_[a] = order == Order::neighbors ? axis.step : 1;
      l.phases_[a] = std::max<int64_t>(1, std::min(axis.taps, unit / std::gcd(unit, std::abs(axis.spacing))));
      l.size_[a] = l.extent(a, a == across ? strip : axis.count);
    }
    l.channel_ = l.phases_[0] * l.phases_[1] * l.phases_[2] * l.volume();
    l.image_ = c.channels * l.channel_;
    return l;
  }
  // The layout of x itself; it serves if can_read_in_place().
  template <class T>
  static Layout in_place(const Correlation<T>& c) {
    Layout l(c.axis);
    for (int a = 0; a < 3; a++) l.phases_[a] = l.unit_[a] = 1, l.size_[a] = c.axis[a].in;
    l.channel_ = l.volume();
    l.image_ = c.groups * c.channels * l.channel_;
    return l;
  }
  // Whether all positions read elements of x only.
  template <class T>
  static bool can_read_in_place(const Correlation<T>& c) {
    return std::all_of(c.axis, c.axis + 3, [](const Axis& a) {
      return a.taps > 0 && a.lowest() >= 0 && a.lowest() + a.span() + (a.count - 1) * a.step < a.in;
    });
  }

  int64_t channel() const { return channel_; }  // elements from channel to channel
  int64_t image() const { return image_; }      // and from image to image
  // The element of a position, relative to that of position 0.
  int64_t position(const int64_t (&o)[3]) const {
    int64_t at = 0;
    for (int a = 0; a < 3; a++) at = at * size_[a] + o[a] * (axis_[a].step / unit_[a]);
    return at;
  }
  // In place: the first element that the position reads which is `begin` along axis `across` and else 0.
  int64_t first(int across, int64_t begin) const {
    int64_t at = 0;
    for (int a = 0; a < 3; a++)
      at = at * size_[a] + axis_[a].lowest() + (a == across ? begin * axis_[a].step : 0);
    return at;
  }
  int64_t row() const { return size_[2]; }
  int64_t rows() const { return size_[1]; }
  // The element that tap t of channel 0 reads at position 0.
  int64_t tap(const int64_t (&t)[3]) const {
    int64_t phase = 0, at = 0;
    for (int a = 0; a < 3; a++) {
      phase = phase * phases_[a] + t[a] % phases_[a];
      at = at * size_[a] + distance(a, t[a]) / unit_[a];
    }
    return phase * volume() + at;
  }

  // Copies one channel; `begin` is the first position along axis `across`, and `strip` their number. zeros:
  // also writes the zeros around it, which a copy of the same positions has already.
  template <class T>
  void copy(const T* x, int across, int64_t begin, int64_t strip, bool zeros, T* to) const {
    int64_t low[3], count[3];
    for (int a = 0; a < 3; a++) {
      const Axis& axis = axis_[a];
      low[a] = axis.lowest() + (a == across ? begin * axis.step : 0);
      count[a] = a == across ? extent(a, strip) : size_[a];
    }
    int64_t p[3];
    for (p[0] = 0; p[0] < phases_[0]; p[0]++)
      for (p[1] = 0; p[1] < phases_[1]; p[1]++)
        for (p[2] = 0; p[2] < phases_[2]; p[2]++, to += volume()) {
          int64_t first[3];
          for (int a = 0; a < 3; a++) first[a] = low[a] + distance(a, p[a]) % unit_[a];
          copy_phase(x, first, count, zeros, to);
        }
  }

 private:
  explicit Layout(const Axis (&axis)[3]) { std::copy_n(axis, 3, axis_); }
  // Elements of one phase that `count` positions read.
  int64_t extent(int a, int64_t count) const {
    return ceil_div((count - 1) * axis_[a].step + axis_[a].span() + 1, unit_[a]);
  }
  int64_t volume() const { return size_[0] * size_[1] * size_[2]; }
  // From the lowest element that position 0 reads to the one that tap t reads.
  int64_t distance(int a, int64_t t) const {
    return axis_[a].taps > 0 ? axis_[a].first + t * axis_[a].spacing - axis_[a].lowest() : 0;
  }

  template <class T>
  void copy_phase(const T* x, const int64_t (&first)[3], const int64_t (&count)[3], bool zeros, T* to) const {
    for (int64_t i = 0; i < count[0]; i++)
      for (int64_t j = 0; j < count[1]; j++) {
        const int64_t z = first[0] + i * unit_[0], y = first[1] + j * unit_[1];
        T* const row = to + (i * size_[1] + j) * size_[2];
        if (z >= 0 && z < axis_[0].in && y >= 0 && y < axis_[1].in)
          copy_row(x + (z * axis_[1].in + y) * axis_[2].in, first[2], count[2], zeros, row);
        else if (zeros)
          std::fill_n(row, count[2], T(0));
      }
  }
  // to[i] = x[first + i * unit], or 0 outside the input
  template <class T>
  void copy_row(const T* x, int64_t first, int64_t count, bool zeros, T* to) const {
    const int64_t step = unit_[2], in = axis_[2].in;
    const int64_t begin = std::clamp<int64_t>(first < 0 ? ceil_div(-first, step) : 0, 0, count);
    const int64_t end = std::clamp<int64_t>(first < in ? ceil_div(in - first, step) : 0, begin, count);
    if (zeros) {
      std::fill(to, to + begin, T(0));
      std::fill(to + end, to + count, T(0));
    }
    if (step == 1)
      std::copy(x + first + begin, x + first + end, to + begin);
    else
      for (int64_t i = begin; i < end; i++) to[i] = x[first + i * step];
  }

  Axis axis_[3];
  int64_t unit_[3];              // elements of x from one element of a phase to the next
  int64_t phases_[3], size_[3];  // size of one phase
  int64_t channel_, image_;
};

}  // namespace nncore::cpu
