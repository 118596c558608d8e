#include "correlation.h"

#include <algorithm>
#include <vector>

#include "../../../core/cpu.h"
#include "../../../core/parallel.h"
#include "../../cost.h"
#include "../dispatch.h"
#include "../product/run.h"
#include "layout.h"
#include "panels.h"
#include "places.h"
#include "unit.h"

namespace nncore::cpu {
namespace {

// The steps of a chunk of k, which a tile runs at once.
struct Steps {
  Span span;
  bool add, last;  // add to the output's values; the sum ends here
};
std::vector<Steps> cut(int64_t k) {
  const Chunks chunks = chunks_of(k);
  std::vector<Steps> steps;
  for (int64_t i = 0; i < chunks.count; i++)
    steps.push_back({{i * chunks.size, std::min(k, (i + 1) * chunks.size)}, i > 0, i == chunks.count - 1});
  return steps;
}

template <class T>
class Correlator {
 public:
  explicit Correlator(const Correlation<T>& c)
      : c_(c),
        across_(c.across()),
        panels_(c, kernel_.mr, false),
        steps_(cut(c.k())),
        layout_(choose()),
        offsets_(c.k()) {
    std::vector<int64_t> taps;
    for (int64_t i = 0; i < c.axis[0].taps; i++)
      for (int64_t j = 0; j < c.axis[1].taps; j++)
        for (int64_t k = 0; k < c.axis[2].taps; k++) taps.push_back(layout_.tap({i, j, k}));
    int64_t* to = offsets_.data();
    for (int64_t ch = 0; ch < c.channels; ch++)
      for (const int64_t tap : taps) *to++ = ch * layout_.channel() + tap;
    furthest_ = c.k() > 0 ? *std::max_element(offsets_.data(), to) : 0;
  }

  void run() {
    const int64_t strips = ceil_div(length(), strip_), batches = ceil_div(c_.n, images_);
    const int64_t units = batches * strips * c_.groups;
    const int64_t row_parts = std::min(panels_.count(), std::max<int64_t>(1, 2 * threads_ / units));
    const int64_t last_images = c_.n - (batches - 1) * images_, last_strip = length() - (strips - 1) * strip_;
    const bool two_batches = last_images != images_, two_strips = last_strip != strip_;  // kinds of them
    std::vector<Places> places;
    for (int64_t i = 0; i <= two_batches; i++)
      for (int64_t j = 0; j <= two_strips; j++)
        places.emplace_back(c_, layout_, kernel_.lanes, i ? last_images : images_, across_,
                            j ? last_strip : strip_, steps_.size() == 1);
    parallel_ranges(units * row_parts, cost_, [&](int64_t begin, int64_t end) {
      const Scratch<T> region(in_place_ ? 0 : images_ * layout_.image() + slack);
      if (region.data()) std::fill_n(region.data() + images_ * layout_.image(), slack, T(0));
      int64_t filled = -1;  // the strip whose zeros the region has
      for (int64_t i = begin; i < end && !interrupted(); i++) {
        const int64_t unit = i / row_parts, group = unit % c_.groups, s = unit / c_.groups % strips,
                      b = unit / c_.groups / strips;
        const bool is_last_strip = s == strips - 1, is_last_batch = b == batches - 1;
        const Unit u{b * images_, is_last_batch ? last_images : images_,
                     s * strip_,  is_last_strip ? last_strip : strip_,
                     group,       part(panels_.count(), row_parts, i % row_parts)};
        const int kind = (is_last_batch && two_batches) * (1 + two_strips) + (is_last_strip && two_strips);
        compute(u, places[size_t(kind)], region.data(), s != filled);
        filled = s;
      }
    });
  }

 private:
  static constexpr int64_t slack = 64;  // elements behind the last one, which a vector may read
  static int64_t level2() { return cache_sizes().l2 ? cache_sizes().l2 : 256 << 10; }
  int64_t length() const { return c_.axis[across_].count; }

  // Chooses the images and the strip of a unit, and where it reads.
  Layout choose() {
    cost_ = flop_cost(double(c_.n * c_.groups * c_.rows) * double(c_.k()) * double(c_.positions())) +
            byte_cost(int64_t(sizeof(T)) * c_.n * c_.groups *
                      (c_.channels * c_.inputs() + c_.rows * c_.outputs()));
    threads_ = team_size(cost_);
    const int64_t across = length(), vectors = ceil_div(c_.positions(), kernel_.lanes);
    const int64_t wanted =
        ceil_div(threads_ > 1 ? 4 * threads_ : 1, c_.n * c_.groups);  // strips for the threads
    const auto strips_of = [&](int64_t count) {
      strip_ = ceil_div(across, std::clamp<int64_t>(count, 1, across));
    };
    const int64_t fits = std::max<int64_t>(1, level2() / 4 / int64_t(sizeof(T)));
    const bool dense = std::all_of(c_.axis, c_.axis + 3, [](const Axis& axis) { return axis.step == 1; });
    in_place_ = dense && Layout::can_read_in_place(c_) && vectors >= 16 && c_.channels * c_.inputs() <= fits;
    if (in_place_) {
      strips_of(std::min(wanted, vectors / 16));
      images_ = 1;
      return Layout::in_place(c_);
    }
    constexpr auto neighbors = Layout::Order::neighbors;
    const Layout whole = Layout::copied(c_, across_, across, neighbors);
    strips_of(std::max(std::min(wanted, vectors / 16), ceil_div(whole.image(), fits)));
    const int64_t most = std::min(fits / whole.image(), c_.n * c_.groups / (4 * threads_));
    images_ = strip_ < across ? 1 : std::clamp<int64_t>(std::min(most, ceil_div(64, vectors)), 1, c_.n);
    return strip_ < across ? Layout::copied(c_, across_, strip_, neighbors) : whole;
  }

  void compute(const Unit& u, const Places& places, T* region, bool zeros) {
    const int64_t image = c_.groups * c_.channels * c_.inputs();
    const T* from = c_.x + u.first_image * image + u.group * c_.channels * c_.inputs();
    T* const to = c_.z + u.first_output(c_);
    if (in_place_) {
      from += layout_.first(across_, u.begin);
      // A copy of what is left, if the last vectors would read beyond the end of x
      const int64_t left = c_.x + c_.n * image - from;
      const int64_t needed = places.in()[places.size() - 1] + furthest_ + kernel_.lanes;
      const Scratch<T> end(needed > left ? needed : 0);
      if (end.data()) {
        std::copy_n(from, left, end.data());
        std::fill_n(end.data() + left, needed - left, T(0));
      }
      multiply(u, places, end.data() ? end.data() : from, to);
    } else {
      for (int64_t i = 0; i < u.images; i++)
        for (int64_t ch = 0; ch < c_.channels; ch++)
          layout_.copy(from + i * image + ch * c_.inputs(), across_, u.begin, u.strip, zeros,
                       region + i * layout_.image() + ch * layout_.channel());
      multiply(u, places, region, to);
    }
    u.activate(c_, panels_);
  }

  // Blocks of panels of one height that stay in the second-level cache while all places use them.
  void multiply(const Unit& u, const Places& places, const T* x, T* z) {
    for (const Steps& steps : steps_)
      for (int64_t q = u.panels.begin, end; q < u.panels.end; q = end) {
        const int64_t bytes =
            panels_.height(q) * std::max<int64_t>(steps.span.size(), 1) * int64_t(sizeof(T));
        end = std::min(q + std::max<int64_t>(1, level2() / 2 / bytes), u.panels.end);
        if (q < panels_.taller()) end = std::min(end, panels_.taller());
        multiply(u, steps, {q, end}, places, x, z);
      }
  }
  void multiply(const Unit& u, const Steps& steps, Span panels, const Places& places, const T* x, T* z) {
    const int64_t height = panels_.height(panels.begin), k = steps.span.size();
    const int vectors = kernel_.vectors[height - 1];
    // Few steps of k: several tiles per panel, so that each call computes enough.
    const int64_t together = std::clamp<int64_t>(256 / std::max<int64_t>(k, 1), 1, 32);
    int64_t in[ConvKernels<T>::most_vectors], out[ConvKernels<T>::most_vectors];
    T aside[ConvKernels<T>::most_vectors * ConvKernels<T>::most_rows * vector_bytes / sizeof(T)];
    ConvTiles<T> t = {};
    t.k = k, t.a_row = 1, t.a_column = height;
    t.x = x, t.offsets = offsets_.data() + steps.span.begin;
    t.add = steps.add;
    Watch watch;
    for (int64_t first = 0; first < places.size();) {
      int64_t used = 0;  // places that write their registers directly
      while (used < together * vectors && first + used < places.size() && is_direct(places[first + used]))
        used++;
      t.tiles = used / vectors;
      const bool direct = t.tiles > 0;
      if (direct) {
        used = t.tiles * vectors;
        t.in = places.in() + first, t.out = places.out() + first, t.z_row = c_.outputs();
      } else {
        used = std::min<int64_t>(vectors, places.size() - first);
        for (int64_t v = 0; v < vectors; v++)
          in[v] = places.in()[first + std::min(v, used - 1)], out[v] = v * height * kernel_.lanes;
        t.tiles = 1, t.in = in, t.out = out, t.z_row = kernel_.lanes;
      }
      if (watch.stops(panels.size() * height * t.tiles * vectors * kernel_.lanes * k)) return;
      for (int64_t q = panels.begin; q < panels.end; q++) {
        T* const rows = z + panels_.row(q) * c_.outputs();
        t.a = panels_.data(u.group, q) + steps.span.begin * height;
        t.bias = steps.last && c_.bias ? c_.bias + u.group * c_.rows + panels_.row(q) : nullptr;
        t.z = direct ? rows : aside;
        if (!direct && steps.add)
          for (int64_t v = 0; v < used; v++)
            each_lane(places, first + v, height, [&](int64_t i, int64_t at, int l) {
              aside[out[v] + i * kernel_.lanes + l] = rows[i * c_.outputs() + at];
            });
        kernel_.tiles[height - 1](t);
        for (int64_t v = 0; !direct && v < used; v++)
          each_lane(places, first + v, height, [&](int64_t i, int64_t at, int l) {
            rows[i * c_.outputs() + at] = aside[out[v] + i * kernel_.lanes + l];
          });
      }
      first += used;
    }
  }
  bool is_direct(const Place& p) const { return p.lanes == kernel_.lanes && p.map < 0; }

  // f(row, element of the output, lane) for the lanes of a place that have an element
  template <class F>
  static void each_lane(const Places& places, int64_t place, int64_t height, F f) {
    const Place& p = places[place];
    if (p.map < 0) {
      for (int64_t i = 0; i < height; i++)
        for (int l = 0; l < p.lanes; l++) f(i, places.out()[place] + l, l);
      return;
    }
    const int64_t* const map = places.map(p);
    for (int l = 0; l < p.lanes; l++)
      for (int64_t i = 0; map[l] >= 0 && i < height; i++) f(i, map[l], l);
  }

  const ConvKernels<T>& kernel_ = kernels<T>().conv;
  const Correlation<T>& c_;
  const int across_;  // the axis that strips cut
  const Panels<T> panels_;
  const std::vector<Steps> steps_;
  int64_t images_, strip_, cost_, threads_;  // of a unit
  bool in_place_;
  const Layout layout_;
  const Scratch<int64_t> offsets_;
  int64_t furthest_;  // the largest offset
};

// The correlation without the taps at both ends of the kernel that read only zeros around the input, so that a
// large dilation needs no large copy.
template <class T>
Correlation<T> without_idle_taps(Correlation<T> c) {
  for (int a = 0; a < 3; a++) {
    Axis& axis = c.axis[a];
    const auto reads = [&](int64_t tap) {
      const int64_t first = axis.first + tap * axis.spacing;
      return first < axis.in && first + (axis.count - 1) * axis.step >= 0;
    };
    for (; axis.taps > 0 && !reads(0); axis.taps--) {
      axis.first += axis.spacing;
      c.w += c.w_axis[a];
    }
    while (axis.taps > 0 && !reads(axis.taps - 1)) axis.taps--;
  }
  return c;
}

// The values of an empty sum.
template <class T>
void fill_with_bias(const Correlation<T>& c) {
  for (int64_t i = 0; i < c.n * c.groups * c.rows; i++) {
    const T value = c.bias ? c.bias[i % (c.groups * c.rows)] : T(0);
    const auto at = [&](int a, int64_t o) { return c.axis[a].out_first + o * c.axis[a].out_step; };
    for (int64_t z = 0; z < c.axis[0].count; z++)
      for (int64_t y = 0; y < c.axis[1].count; y++)
        for (int64_t x = 0; x < c.axis[2].count; x++)
          c.z[((i * c.axis[0].out + at(0, z)) * c.axis[1].out + at(1, y)) * c.axis[2].out + at(2, x)] = value;
  }
  if (c.activation >= 0)  // of a forward pass, which writes all of y
    kernels<T>().elementwise.unary_fwd[c.activation](c.n * c.groups * c.rows * c.outputs(), c.z, c.y,
                                                     nullptr);
}

}  // namespace

template <class T>
void correlate(const Correlation<T>& given) {
  if (given.n * given.groups * given.rows * given.positions() == 0) return;
  const Correlation<T> c = without_idle_taps(given);
  if (c.k() == 0) return fill_with_bias(c);
  if (prefers_points(c)) return correlate_points(c);
  Correlator<T>(c).run();
}
template void correlate(const Correlation<float>&);
template void correlate(const Correlation<double>&);

}  // namespace nncore::cpu
