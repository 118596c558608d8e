// The gradient of a convolution's weight: a product over all pixels of the output, dw[f][c, tap] = sum over
// pixels of dy[f][pixel] x[pixel + tap][c]. The input is transposed to (pixel, channel), so that its channels,
// and with them the taps of a row of the kernel, are the columns of the tiles. k counts samples and pixels and
// is cut as order.h says.
#include <algorithm>
#include <vector>

#include "../../../core/parallel.h"
#include "../../cost.h"
#include "../../kernels/conv.h"
#include "../dispatch.h"
#include "../product/run.h"

namespace nncore::cpu {
namespace {

// Registers of columns: where each reads, relative to the element of a pixel, and the weights that it computes.
struct Column {
  int64_t in;
  int64_t weight;  // the first entry of `used` weights in WeightGradient::weights_
  int lanes;
};

// Some pixels of one sample; positions [begin, end) along the axis that chunks cut.
struct Segment {
  int64_t sample, begin, end;
};

template <class T>
class WeightGradient {
 public:
  explicit WeightGradient(const ConvWeightBwd& k)
      : s_(k.shape),
        dy_(k.dy.as<T>()),
        x_(k.x.as<T>()),
        dw_(k.dw.as<T>()),
        cost_(k.cost()),
        channels_(s_.channels / s_.groups),
        filters_(s_.filters / s_.groups),
        across_(s_.out[0] > 1   ? 0
                : s_.out[1] > 1 ? 1
                                : 2),
        chunks_(chunks_of(s_.n * s_.pixels())) {
    leave_out_idle_taps();
    ranges_ = 1;
    const int64_t threads = team_size(cost_);
    if (threads > 1 && s_.groups * chunks_.count < 2 * threads)
      ranges_ = std::clamp<int64_t>(channels_ / 16, 1, 2 * threads);
    for (int64_t i = 0; i < ranges_; i++) add_columns(part(channels_, ranges_, i, kernel_.lanes));
    row_ = (int64_t(columns_.size()) + ConvKernels<T>::most_vectors) * kernel_.lanes;
  }

  void run() const {
    if (s_.taps() < all_taps()) std::fill_n(dw_, s_.groups * filters_ * channels_ * all_taps(), T(0));
    if (s_.taps() == 0) return;
    const int64_t size = s_.groups * filters_ * row_;
    const int64_t most = std::min(chunks_.count, most_chunks);
    const Scratch<T> sums(most * size);
    const Scratch<double> totals(chunks_.count > most_chunks ? size : 0);
    for (int64_t first = 0; first < chunks_.count; first += most) {
      const int64_t count = std::min(most, chunks_.count - first);
      parallel_ranges(
          count * s_.groups * ranges_, cost_ * count / chunks_.count, [&](int64_t begin, int64_t end) {
            for (int64_t i = begin; i < end && !interrupted(); i++) {
              const int64_t range = i % ranges_, group = i / ranges_ % s_.groups,
                            chunk = i / ranges_ / s_.groups;
              multiply(first + chunk, group, range, sums.data() + chunk * size + group * filters_ * row_);
            }
          });
      finish(sums.data(), count, size, totals.data(), first == 0, first + count == chunks_.count);
    }
  }

 private:
  // Leaves out the taps at both ends of the kernel that read only zeros around the input; their gradient is 0.
  void leave_out_idle_taps() {
    for (int a = 0; a < 3; a++) {
      kernel_size_[a] = s_.kernel[a], first_tap_[a] = 0;
      const auto reads = [&](int64_t tap) {
        const int64_t first = tap * s_.dilation[a] - s_.pad[a];
        return first < s_.in[a] && first + (s_.out[a] - 1) * s_.stride[a] >= 0;
      };
      int64_t end = s_.kernel[a];
      while (end > 0 && !reads(end - 1)) end--;
      while (first_tap_[a] < end && !reads(first_tap_[a])) first_tap_[a]++;
      s_.kernel[a] = end - first_tap_[a];
      s_.pad[a] -= first_tap_[a] * s_.dilation[a];
      step_[a] = std::min(s_.stride[a], (s_.kernel[a] - 1) * s_.dilation[a] + 1);
    }
  }

  // The columns of a range of channels: a row of the kernel after another, if the elements of its taps lie
  // side by side, else tap after tap.
  void add_columns(Span range) {
    first_.push_back(int64_t(columns_.size()));
    channels_of_.push_back(range);
    const int64_t c = range.size();
    const bool rows = s_.dilation[2] == 1 && c % kernel_.lanes != 0;
    const int64_t pitch = rows ? c : c % 32 == 0 ? c + 16 : c;
    pitch_.push_back(pitch);
    for (int64_t i = 0; i < s_.kernel[0]; i++)
      for (int64_t j = 0; j < s_.kernel[1]; j++)
        for (int64_t k = 0; k < (rows ? 1 : s_.kernel[2]); k++) {
          const int64_t in =
              ((i * s_.dilation[0] * extent(1) + j * s_.dilation[1]) * extent(2) + k * s_.dilation[2]) *
              pitch;
          const int64_t length = rows ? c * s_.kernel[2] : c;
          for (int64_t at = 0; at < length; at += kernel_.lanes) {
            const int used = int(std::min<int64_t>(kernel_.lanes, length - at));
            columns_.push_back({in + at, int64_t(weights_.size()), used});
            for (int l = 0; l < used; l++) {
              const int64_t channel = range.begin + (at + l) % c;
              const int64_t tap =
                  ((i + first_tap_[0]) * kernel_size_[1] + j + first_tap_[1]) * kernel_size_[2] + k +
                  first_tap_[2] + (at + l) / c;
              weights_.push_back(channel * all_taps() + tap);
            }
          }
        }
  }

  // Elements of the transposed input along an axis for `count` positions.
  int64_t extent(int a, int64_t count) const {
    return (count - 1) * step_[a] + (s_.kernel[a] - 1) * s_.dilation[a] + 1;
  }
  int64_t extent(int a) const { return extent(a, s_.out[a]); }

  // Pixels of one position along the axis that chunks cut.
  int64_t inner() const {
    int64_t n = 1;
    for (int a = across_ + 1; a < 3; a++) n *= s_.out[a];
    return n;
  }

  // The products of one chunk, for the channels of a range, into rows of `to`.
  void multiply(int64_t chunk, int64_t group, int64_t range, T* to) const {
    const Span pixels{chunk * chunks_.size, std::min((chunk + 1) * chunks_.size, s_.n * s_.pixels())};
    const int64_t per_sample = s_.pixels(), pitch = pitch_[range];
    const std::vector<Segment> segments = cut(pixels);
    int64_t elements = 0;
    for (const Segment& g : segments) elements += size_of(g) * pitch;
    const Scratch<T> scratch(elements + slack);
    std::fill_n(scratch.data() + elements, slack, T(0));
    const Scratch<int64_t> offsets(pixels.size());
    int64_t* offset = offsets.data();
    int64_t at = 0, pixel = pixels.begin;
    for (const Segment& g : segments) {
      transpose(g, group, range, scratch.data() + at);
      const int64_t end = std::min(pixels.end, (g.sample + 1) * per_sample);
      offset = add_offsets(g, Span{pixel, end}, at, pitch, offset);
      pixel = end;
      at += size_of(g) * pitch;
    }
    multiply_blocks(pixels, group, range, scratch.data(), offsets.data(), to);
  }

  std::vector<Segment> cut(Span pixels) const {
    std::vector<Segment> segments;
    const int64_t per_sample = s_.pixels();
    for (int64_t n = pixels.begin / per_sample; n * per_sample < pixels.end; n++) {
      const int64_t from = std::max(pixels.begin - n * per_sample, int64_t(0)),
                    to = std::min(pixels.end - n * per_sample, per_sample);
      segments.push_back({n, from / inner(), ceil_div(to, inner())});
    }
    return segments;
  }
  // The elements of a segment: its rows are as far apart as those of a whole sample.
  int64_t size_of(const Segment& g) const {
    return ((extent_in(g, 0) - 1) * extent(1) + extent_in(g, 1) - 1) * extent(2) + extent_in(g, 2);
  }

  // The element of each pixel in the transposed input.
  int64_t* add_offsets(const Segment& g, Span pixels, int64_t at, int64_t pitch, int64_t* to) const {
    const int64_t width = s_.out[2], step = step_[2] * pitch;
    for (int64_t p = pixels.begin - g.sample * s_.pixels(); p < pixels.end - g.sample * s_.pixels();) {
      int64_t o[3] = {p / (s_.out[1] * width), p / width % s_.out[1], p % width};
      const int64_t count = std::min(width - o[2], pixels.end - g.sample * s_.pixels() - p);
      o[across_] -= g.begin;
      const int64_t first =
          at + ((o[0] * step_[0] * extent(1) + o[1] * step_[1]) * extent(2) + o[2] * step_[2]) * pitch;
      for (int64_t i = 0; i < count; i++) *to++ = first + i * step;
      p += count;
    }
    return to;
  }
  int64_t extent_in(const Segment& g, int a) const {
    return a == across_ ? extent(a, g.end - g.begin) : extent(a);
  }

  // Copies the input of a segment as (pixel, channel), with zeros around it.
  void transpose(const Segment& g, int64_t group, int64_t range, T* to) const {
    const Span channels = channels_of_[range];
    const int64_t c = channels.size(), pitch = pitch_[range], plane = s_.inputs(), width = extent_in(g, 2);
    const T* const x = x_ + (g.sample * s_.channels + group * channels_ + channels.begin) * plane;
    // The element of the input at place i of the transposed one
    const auto source = [&](int a, int64_t i) {
      return ((a == across_ ? g.begin : 0) + i / step_[a]) * s_.stride[a] + i % step_[a] - s_.pad[a];
    };
    const int64_t low = source(2, 0);
    const int64_t left = std::clamp<int64_t>(-low, 0, width),
                  right = std::clamp<int64_t>(s_.in[2] - low, left, width);
    for (int64_t i = 0; i < extent_in(g, 0); i++)
      for (int64_t j = 0; j < extent_in(g, 1); j++) {
        T* const row = to + (i * extent(1) + j) * extent(2) * pitch;
        const int64_t z = source(0, i), y = source(1, j);
        const bool inside = z >= 0 && z < s_.in[0] && y >= 0 && y < s_.in[1];
        const T* const from = x + (z * s_.in[1] + y) * s_.in[2];
        if (!inside) {
          std::fill_n(row, width * pitch, T(0));
        } else if (step_[2] == s_.stride[2]) {
          std::fill_n(row, left * pitch, T(0));
          if (pitch == 1)
            std::copy_n(from + low + left, right - left, row + left);
          else
            kernels<T>().product.transpose(c, right - left, from + low + left, plane, row + left * pitch,
                                           pitch);
          std::fill_n(row + right * pitch, (width - right) * pitch, T(0));
        } else {
          for (int64_t e = 0; e < width; e++) {
            const int64_t at = source(2, e);
            for (int64_t ch = 0; ch < c; ch++)
              row[e * pitch + ch] = at >= 0 && at < s_.in[2] ? from[ch * plane + at] : T(0);
          }
        }
      }
  }

  void multiply_blocks(Span pixels, int64_t group, int64_t range, const T* x, const int64_t* offsets,
                       T* to) const {
    const int64_t per_sample = s_.pixels(), panels = ceil_div(filters_, kernel_.mr),
                  columns = columns_of(range).size();
    // A copy of dy pays if many columns read it, if a sample is short, or if its rows share cache sets.
    const int64_t width = columns * kernel_.lanes;
    const bool packs = width >= 512 || (width >= 96 && (per_sample < 64 || per_sample % 256 == 0));
    const Scratch<T> packed(packs ? filters_ * block : 0);
    for (int64_t from = pixels.begin; from < pixels.end;) {
      const int64_t in_sample = per_sample - from % per_sample, left = pixels.end - from;
      const int64_t most = packs ? left : std::min(in_sample, left),
                    count = ceil_div(most, ceil_div(most, block));
      const T* const dy =
          dy_ + ((from / per_sample * s_.groups + group) * filters_) * per_sample + from % per_sample;
      if (packs) pack(from, count, group, packed.data());
      ConvTiles<T> t = {};
      t.k = count, t.offsets = offsets + (from - pixels.begin), t.start = from > pixels.begin;
      for (int64_t q = 0; q < panels;) {  // panels of one height
        int64_t end = q;
        while (end < panels && rows(end).size() == rows(q).size()) end++;
        run_tiles(t, {q, end}, columns_of(range), x, packs ? packed.data() : dy, packs, to);
        q = end;
      }
      from += count;
    }
  }
  static constexpr int64_t block = 384, slack = 64;

  Span rows(int64_t panel) const { return part(filters_, ceil_div(filters_, kernel_.mr), panel); }
  Span columns_of(int64_t range) const {
    return {first_[range], range + 1 < ranges_ ? first_[range + 1] : int64_t(columns_.size())};
  }

  void run_tiles(ConvTiles<T>& t, Span panels, Span columns, const T* x, const T* dy, bool packs,
                 T* to) const {
    const int64_t height = rows(panels.begin).size();
    const int vectors = kernel_.vectors[height - 1];
    const T* b[ConvKernels<T>::most_vectors];
    T* out[ConvKernels<T>::most_vectors];
    t.a_row = packs ? 1 : s_.pixels(), t.a_column = packs ? height : 1;
    t.tiles = 1, t.b = b, t.out = out, t.out_row = row_;
    for (int64_t c = columns.begin; c < columns.end; c += vectors) {
      for (int v = 0; v < vectors; v++) {
        b[v] = x + columns_[std::min(c + v, columns.end - 1)].in;
        out[v] = to + (c + v < columns.end ? c + v : int64_t(columns_.size()) + v) * kernel_.lanes;
      }
      for (int64_t q = panels.begin; q < panels.end; q++) {
        const int64_t first = rows(q).begin;
        t.a = dy + first * (packs ? t.k : s_.pixels());
        t.shift = first * row_;
        kernel_.tiles[height - 1](t);
      }
    }
  }

  // dy of some pixels as [panel][pixel][row of the panel].
  void pack(int64_t from, int64_t count, int64_t group, T* to) const {
    const int64_t per_sample = s_.pixels();
    for (int64_t q = 0; q < ceil_div(filters_, kernel_.mr); q++) {
      const Span r = rows(q);
      for (int64_t p = from; p < from + count;) {
        const int64_t n = p / per_sample, at = p % per_sample,
                      length = std::min(per_sample - at, from + count - p);
        const T* const dy = dy_ + ((n * s_.groups + group) * filters_ + r.begin) * per_sample + at;
        kernels<T>().product.pack_transposed(length, r.size(), dy, per_sample, to, r.size());
        to += length * r.size();
        p += length;
      }
    }
  }

  // Adds the sums of the chunks in order, and writes dw after the last.
  void finish(const T* sums, int64_t count, int64_t size, double* totals, bool first, bool last) const {
    parallel_for(s_.groups * filters_, byte_cost(size * count * int64_t(sizeof(T)) * 2),
                 [&](int64_t begin, int64_t end) {
                   for (int64_t r = begin; r < end; r++)
                     for (size_t c = 0; c < columns_.size(); c++)
                       for (int l = 0; l < columns_[c].lanes; l++) {
                         const int64_t at = r * row_ + int64_t(c) * kernel_.lanes + l;
                         T sum = sums[at];
                         for (int64_t i = 1; i < count; i++) sum += sums[i * size + at];
                         if (totals) totals[at] = first ? double(sum) : totals[at] + double(sum);
                         if (last)
                           dw_[r * channels_ * all_taps() + weights_[columns_[c].weight + l]] =
                               totals ? T(totals[at]) : sum;
                       }
                 });
  }

  const ConvKernels<T>& kernel_ = kernels<T>().conv;
  int64_t all_taps() const { return kernel_size_[0] * kernel_size_[1] * kernel_size_[2]; }

  Convolution s_;  // with the taps that read some input
  int64_t kernel_size_[3], first_tap_[3];
  int64_t step_[3];  // from position to position in the transposed input, without elements that no tap reads
  const T *dy_, *x_;
  T* dw_;
  const int64_t cost_, channels_, filters_;  // of a group
  const int across_;                         // the first axis with several positions
  const Chunks chunks_;
  int64_t ranges_;  // of channels, which threads share
  int64_t row_;     // elements of a row of the sums: the columns, and registers that are not used
  std::vector<Column> columns_;
  std::vector<int64_t> weights_, first_, pitch_;
  std::vector<Span> channels_of_;
};

}  // namespace

void run(const ConvWeightBwd& k) {
  visit_float(k.dy.dtype, [&](auto zero) {
    using T = decltype(zero);
    if (k.shape.n * k.shape.pixels() == 0)
      return (void)std::fill_n(k.dw.as<T>(), k.dw.bytes / int64_t(sizeof(T)), T(0));
    if (k.dw.bytes > 0) WeightGradient<T>(k).run();
  });
}

}  // namespace nncore::cpu
