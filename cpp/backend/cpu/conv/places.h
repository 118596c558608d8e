// The vectors of positions that a unit of a correlation computes: where each reads and writes.
#pragma once
#include <vector>

#include "layout.h"

namespace nncore::cpu {

struct Place {
  int lanes;     // that are used
  int map = -1;  // the first of `lanes` numbers in Places::map, if they do not write one after another
};

class Places {
 public:
  // The positions of some images: `strip` along axis `across`, all along the others.
  template <class T>
  Places(const Correlation<T>& c, const Layout& layout, int lanes, int64_t images, int across, int64_t strip,
         bool overlap)
      : layout_(layout),
        lanes_(lanes),
        overlap_(overlap),
        adjacent_(std::all_of(c.axis, c.axis + 3,
                              [](const Axis& a) { return a.out_step == 1 && a.count == a.out; })) {
    std::copy_n(c.axis, 3, axis_);
    for (int a = 0; a < 3; a++) count_[a] = a == across ? strip : axis_[a].count;
    // A run for each row; one run if no gaps lie between rows; or one run that also computes the gaps, if that
    // saves vectors.
    const int64_t row = layout.row(), plane = row * layout.rows(), rows = count_[0] * count_[1];
    const int64_t whole = (count_[0] - 1) * plane + (count_[1] - 1) * row + count_[2];
    const bool dense = whole == rows * count_[2] && adjacent_;
    const bool by_rows =
        axis_[2].out_step == 1 && 4 * rows * ceil_div(count_[2], lanes) <= 5 * ceil_div(whole, lanes);
    for (int64_t i = 0; i < images; i++) {
      in_ = i * layout.image(), out_ = i * c.groups * c.rows * c.outputs();
      if (dense)
        add_dense(0, whole, true);
      else if (!by_rows)
        add_scattered(whole);
      else
        for (int64_t z = 0; z < count_[0]; z++)
          for (int64_t y = 0; y < count_[1]; y++)
            add_dense(layout.position({z, y, 0}), count_[2], z == count_[0] - 1 && y == count_[1] - 1);
    }
  }

  int64_t size() const { return int64_t(list_.size()); }
  const Place& operator[](int64_t i) const { return list_[size_t(i)]; }
  // By place: the element that the first lane reads at the first tap, and the one that it writes.
  const int64_t* in() const { return reads_.data(); }
  const int64_t* out() const { return writes_.data(); }
  const int64_t* map(const Place& p) const { return map_.data() + p.map; }  // -1: no element

 private:
  // Adds the vectors of `length` elements from `begin` on, which are neighbors in the output too. If vectors may
  // overlap, the last one moves back until it ends with the run, so that all its lanes are used; if the run is
  // shorter than a vector, the vector extends into the next run, which overwrites it.
  void add_dense(int64_t begin, int64_t length, bool last) {
    const int64_t out = element(begin);
    for (int64_t i = 0; i < length; i += lanes_) {
      const int64_t left = length - i, missing = std::max<int64_t>(0, lanes_ - left);
      const int64_t back = overlap_ && missing <= i ? missing : 0;
      const bool extends = overlap_ && adjacent_ && i == 0 && missing <= length && !last;
      const int used = back > 0 || extends ? lanes_ : int(lanes_ - missing);
      add(in_ + begin + i - back, out + i - back, {used});
    }
  }
  // Adds the vectors of `length` elements, some of which may have no place in the output.
  void add_scattered(int64_t length) {
    for (int64_t i = 0; i < length; i += lanes_) {
      const int used = int(std::min<int64_t>(lanes_, length - i));
      const int map = int(map_.size());
      bool any = false;
      for (int l = 0; l < used; l++) {
        map_.push_back(element(i + l));
        any |= map_.back() >= 0;
      }
      if (any)
        add(in_ + i, 0, {used, map});
      else
        map_.resize(size_t(map));
    }
  }
  void add(int64_t in, int64_t out, Place place) {
    reads_.push_back(in), writes_.push_back(out), list_.push_back(place);
  }
  // The element of the output that an element of the layout belongs to, or -1.
  int64_t element(int64_t at) const {
    const int64_t row = layout_.row(), rows = layout_.rows();
    const int64_t o[3] = {at / (row * rows), at / row % rows, at % row};
    int64_t element = 0;
    for (int a = 0; a < 3; a++) {
      if (o[a] >= count_[a]) return -1;
      element = element * axis_[a].out + axis_[a].out_first + o[a] * axis_[a].out_step;
    }
    return out_ + element;
  }

  const Layout& layout_;
  const int lanes_;
  const bool overlap_;
  const bool adjacent_;  // a row of the output follows the one before at once
  Axis axis_[3];
  int64_t count_[3], in_, out_;
  std::vector<Place> list_;
  std::vector<int64_t> reads_, writes_, map_;
};

}  // namespace nncore::cpu
