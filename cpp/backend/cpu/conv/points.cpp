// Correlations whose tiles are points by rows: the registers hold rows (filters), and each point of the output
// broadcasts the elements that it reads. Points need not be neighbors, so images of any width fill the tiles, and a
// stride needs no other order of the input. The results of a unit are transposed at the end.
#include <algorithm>
#include <vector>

#include "../../../core/cpu.h"
#include "../../../core/parallel.h"
#include "../../cost.h"
#include "../dispatch.h"
#include "../product/run.h"
#include "correlation.h"
#include "layout.h"
#include "panels.h"
#include "unit.h"

namespace nncore::cpu {
namespace {

// Steps of k that a tile runs at once. The chains of a chunk continue from block to block.
struct Block {
  Span steps, channels;  // the channels are those that the steps read
  bool starts, ends,
      in_first;  // whether its chunk starts and ends with it, and whether that is the first chunk
};

std::vector<Block> cut(int64_t k, int64_t taps) {
  constexpr int64_t most_steps = 384;
  const Chunks chunks = chunks_of(k);
  std::vector<Block> blocks;
  for (int64_t c = 0; c < chunks.count; c++) {
    const int64_t from = c * chunks.size, length = std::min(k - from, chunks.size),
                  count = ceil_div(length, most_steps);
    for (int64_t i = 0; i < count; i++) {
      const Span s = part(length, count, i), steps{from + s.begin, from + s.end};
      blocks.push_back(
          {steps, {steps.begin / taps, ceil_div(steps.end, taps)}, i == 0, i == count - 1, c == 0});
    }
  }
  return blocks;
}

template <class T>
class PointCorrelator {
 public:
  explicit PointCorrelator(const Correlation<T>& c)
      : c_(c),
        across_(c.across()),
        panels_(c, kernel_.width, true),
        blocks_(cut(c.k(), c.taps())),
        in_place_(Layout::can_read_in_place(c)),
        adjacent_(std::all_of(c.axis, c.axis + 3,
                              [](const Axis& a) { return a.out_step == 1 && a.count == a.out; })),
        cost_(flop_cost(double(c.n * c.groups * c.rows) * double(c.k()) * double(c.positions()))),
        layout_(choose()),
        offsets_(c.k()),
        bias_(c.bias ? c.groups * panels_.count() * kernel_.width : 0) {
    for (const Block& b : blocks_)
      for (int64_t p = b.steps.begin; p < b.steps.end; p++) {
        const int64_t tap = p % c.taps(), row = c.axis[2].taps, plane = c.axis[1].taps * row;
        offsets_.data()[p] = (p / c.taps() - b.channels.begin) * layout_.channel() +
                             layout_.tap({tap / plane, tap % plane / row, tap % row});
      }
    for (int64_t i = 0; c.bias && i < c.groups * panels_.count(); i++) {
      const int64_t group = i / panels_.count(), q = i % panels_.count();
      T* const to = bias_.data() + i * kernel_.width;
      std::fill_n(std::copy_n(c.bias + group * c.rows + panels_.row(q), panels_.height(q), to),
                  kernel_.width - panels_.height(q), T(0));
    }
  }

  void run() {
    const int64_t strips = ceil_div(length(), strip_), batches = ceil_div(c_.n, images_);
    const int64_t units = batches * strips * c_.groups;
    const int64_t parts = std::min(panels_.count(), ceil_div(2 * team_size(cost_), units));
    parallel_ranges(units * parts, cost_, [&](int64_t begin, int64_t end) {
      const Memory m = memory(ceil_div(panels_.count(), parts));
      int64_t filled = -1;  // the strip whose zeros the region has
      for (int64_t i = begin; i < end && !interrupted(); i++) {
        const int64_t unit = i / parts, s = unit / c_.groups % strips, b = unit / c_.groups / strips;
        const Unit u{b * images_,      std::min(images_, c_.n - b * images_),
                     s * strip_,       std::min(strip_, length() - s * strip_),
                     unit % c_.groups, part(panels_.count(), parts, i % parts)};
        if (s != filled && !in_place_) std::fill_n(m.region.data(), images_ * image(), T(0));
        filled = s;
        compute(u, m);
      }
    });
  }

 private:
  // What a thread needs for a unit.
  struct Memory {
    Memory(int64_t region_size, int64_t points_size, int64_t sums_size, bool several_chunks)
        : region(region_size), points(points_size), sums(sums_size), chunk(several_chunks ? sums_size : 0) {}
    const Scratch<T> region;        // the input of a block
    const Scratch<int64_t> points;  // the element that each reads first
    const Scratch<T> sums, chunk;   // [panel][point][row]: of all chunks, and of one after the first
  };
  Memory memory(int64_t panels) const {
    const int64_t points = padded(images_ * strip_ * inner());
    return {in_place_ ? 0 : images_ * image(), points, panels * points * kernel_.width,
            !blocks_.back().in_first};
  }

  int64_t length() const { return c_.axis[across_].count; }
  int64_t inner() const { return c_.positions() / length(); }  // positions of one along the axis of strips
  int64_t padded(int64_t points) const { return round_up(points, kernel_.points); }
  int64_t image() const { return in_place_ ? layout_.image() : channels_ * layout_.channel(); }

  // Chooses strip and images so that the input of a block stays in the second-level cache, and where it lies.
  Layout choose() {
    for (const Block& b : blocks_) channels_ = std::max(channels_, b.channels.size());
    const int64_t l2 = cache_sizes().l2 ? cache_sizes().l2 : 256 << 10;
    int64_t per_point = channels_ * int64_t(sizeof(T));
    for (const Axis& axis : c_.axis) per_point *= std::min(axis.step, axis.taps);
    const int64_t wanted = std::clamp<int64_t>(l2 / 4 / per_point, 64, 512);
    strip_ = ceil_div(length(), std::clamp<int64_t>(ceil_div(c_.positions(), wanted), 1, length()));
    images_ = strip_ < length() ? 1 : std::clamp<int64_t>(wanted / c_.positions(), 1, c_.n);
    if (in_place_) return Layout::in_place(c_);
    const bool dense =
        std::all_of(c_.axis, c_.axis + 3, [](const Axis& a) { return a.count == 1 || a.step <= a.taps; });
    const auto order =
        dense ? Layout::Order::as_in_x : Layout::Order::neighbors;  // without what no tap reads
    return Layout::copied(c_, across_, strip_, order);
  }

  void compute(const Unit& u, const Memory& m) const {
    const int64_t plane = c_.inputs(), whole = c_.groups * c_.channels * plane;
    const T* const x = c_.x + u.first_image * whole + u.group * c_.channels * plane;
    const int64_t tiles = place(u, m.points.data()) / kernel_.points;
    Watch watch;
    for (const Block& b : blocks_) {
      const T* from = x + b.channels.begin * plane + layout_.first(across_, u.begin);
      if (!in_place_) {
        from = m.region.data();
        for (int64_t i = 0; i < u.images; i++)
          for (int64_t ch = b.channels.begin; ch < b.channels.end; ch++)
            layout_.copy(x + i * whole + ch * plane, across_, u.begin, u.strip, false,
                         m.region.data() + i * image() + (ch - b.channels.begin) * layout_.channel());
      }
      if (watch.stops(multiply(u, b, from, tiles, m))) return;
    }
    for (int64_t q = u.panels.begin; q < u.panels.end; q++)
      write(u, q, m.sums.data() + (q - u.panels.begin) * tiles * kernel_.points * kernel_.width);
    u.activate(c_, panels_);
  }

  // The points of a unit, padded to whole tiles; returns their number.
  int64_t place(const Unit& u, int64_t* points) const {
    int64_t* to = points;
    int64_t count[3] = {c_.axis[0].count, c_.axis[1].count, c_.axis[2].count};
    count[across_] = u.strip;
    for (int64_t i = 0; i < u.images; i++)
      for (int64_t z = 0; z < count[0]; z++)
        for (int64_t y = 0; y < count[1]; y++)
          for (int64_t x = 0; x < count[2]; x++) *to++ = i * image() + layout_.position({z, y, x});
    const int64_t n = padded(to - points);
    std::fill(to, points + n, to[-1]);
    return n;
  }

  // The steps of a block for all tiles; returns the number of multiply-adds.
  int64_t multiply(const Unit& u, const Block& b, const T* x, int64_t tiles, const Memory& m) const {
    const int64_t width = kernel_.width, size = tiles * kernel_.points * width;
    for (int64_t q = u.panels.begin; q < u.panels.end; q++) {
      T* const sums = m.sums.data() + (q - u.panels.begin) * size;
      T* const chains = b.in_first ? sums : m.chunk.data() + (q - u.panels.begin) * size;
      const bool is_last = b.steps.end == c_.k();
      kernel_.point_tiles(
          {.k = b.steps.size(),
           .x = x,
           .a = panels_.data(u.group, q) + b.steps.begin * width,
           .at = m.points.data(),
           .offsets = offsets_.data() + b.steps.begin,
           .tiles = tiles,
           .start = b.starts ? nullptr : chains,
           .out = b.ends ? sums : chains,
           .add = b.ends && !b.in_first ? sums : nullptr,
           .bias = is_last && c_.bias ? bias_.data() + (u.group * panels_.count() + q) * width : nullptr});
    }
    return u.panels.size() * size * b.steps.size();
  }

  // Writes the sums of a panel to the output.
  void write(const Unit& u, int64_t q, const T* sums) const {
    const int64_t points = u.strip * inner(), width = kernel_.width, height = panels_.height(q);
    for (int64_t i = 0; i < u.images; i++, sums += points * width) {
      T* const z = c_.z + u.first_output(c_, i) + panels_.row(q) * c_.outputs();
      if (adjacent_) {
        kernels<T>().product.transpose(points, height, sums, width, z, c_.outputs());
        continue;
      }
      int64_t count[3] = {c_.axis[0].count, c_.axis[1].count, c_.axis[2].count};
      count[across_] = u.strip;
      const T* from = sums;
      for (int64_t a = 0; a < count[0]; a++)
        for (int64_t b = 0; b < count[1]; b++) {
          T* const row = z + (element(0, a) * c_.axis[1].out + element(1, b)) * c_.axis[2].out;
          for (int64_t p = 0; p < count[2]; p++, from += width)
            for (int64_t r = 0; r < height; r++) row[element(2, p) + r * c_.outputs()] = from[r];
        }
    }
  }
  int64_t element(int a, int64_t position) const {
    return c_.axis[a].out_first + position * c_.axis[a].out_step;
  }

  const ConvKernels<T>& kernel_ = kernels<T>().conv;
  const Correlation<T>& c_;
  const int across_;  // the axis that strips cut
  const Panels<T> panels_;
  const std::vector<Block> blocks_;
  const bool in_place_;
  const bool adjacent_;  // the output has an element per position, in their order
  const int64_t cost_;
  int64_t channels_ = 0, strip_, images_;  // most channels of a block; of a unit
  const Layout layout_;
  const Scratch<int64_t> offsets_;  // by step of k, from the first channel of its block
  const Scratch<T> bias_;           // padded as the panels
};

}  // namespace

// Points waste the registers' lanes that have no row, positions those behind the last of a row of the image. The
// sums are transposed, which pays for long sums only; a single tap reads a cache line for few points.
template <class T>
bool prefers_points(const Correlation<T>& c) {
  const ConvKernels<T>& kernel = kernels<T>().conv;
  const auto share = [](int64_t n, int64_t unit) { return double(n) / double(round_up(n, unit)); };
  return c.k() >= (c.taps() > 1 ? 128 : 512) &&
         share(c.rows, kernel.width) >= share(c.axis[2].count, kernel.lanes);
}
template bool prefers_points(const Correlation<float>&);
template bool prefers_points(const Correlation<double>&);

template <class T>
void correlate_points(const Correlation<T>& c) {
  PointCorrelator<T>(c).run();
}
template void correlate_points(const Correlation<float>&);
template void correlate_points(const Correlation<double>&);

}  // namespace nncore::cpu
