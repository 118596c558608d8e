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
#include "chunk_sums.h"
#include "depthwise.h"
#include "transposed_input.h"
#include "used_taps.h"

namespace nncore::cpu {
namespace {

// Registers of columns: where each reads, relative to the element of a pixel, and the weights that it computes.
struct Column {
  int64_t in;
  int64_t weight;  // the first entry of `used` weights in WeightGradient::weights_
  int lanes;
};

template <class T>
class WeightGradient {
 public:
  explicit WeightGradient(const ConvWeightBwd& k)
      : used_(k.shape),
        s_(used_.shape),
        dy_(k.dy.as<T>()),
        dw_(k.dw.as<T>()),
        cost_(k.cost()),
        channels_(s_.channels / s_.groups),
        filters_(s_.filters / s_.groups),
        input_(s_, k.x.as<T>()),
        chunks_(chunks_of(s_.n * s_.pixels())) {
    ranges_ = 1;
    const int64_t threads = team_size(cost_);
    if (threads > 1 && s_.groups * chunks_.count < 2 * threads)
      ranges_ = std::clamp<int64_t>(channels_ / 16, 1, 2 * threads);
    for (int64_t i = 0; i < ranges_; i++) add_columns(part(channels_, ranges_, i, kernel_.lanes));
    row_ = (int64_t(columns_.size()) + ConvKernels<T>::most_vectors) * kernel_.lanes;
  }

  void run() const {
    if (s_.taps() < used_.all()) std::fill_n(dw_, s_.filters * channels_ * used_.all(), T(0));
    if (s_.taps() == 0) return;
    const int64_t size = s_.filters * row_;
    const ChunkSums<T> chunk_sums(chunks_.count, size);
    const T* const sums = chunk_sums.add([&](int64_t first, int64_t count, T* to) {
      parallel_ranges(count * s_.groups * ranges_, cost_ * count / chunks_.count,
                      [&](int64_t begin, int64_t end) {
                        for (int64_t i = begin; i < end && !interrupted(); i++) {
                          const int64_t range = i % ranges_, group = i / ranges_ % s_.groups,
                                        chunk = i / ranges_ / s_.groups;
                          multiply(first + chunk, group, range, to + chunk * size + group * filters_ * row_);
                        }
                      });
    });
    parallel_for(s_.filters, byte_cost(size * int64_t(sizeof(T)) * 2), [&](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; r++)
        for (size_t c = 0; c < columns_.size(); c++)
          for (int l = 0; l < columns_[c].lanes; l++)
            dw_[r * channels_ * used_.all() + weights_[size_t(columns_[c].weight + l)]] =
                sums[r * row_ + int64_t(c) * kernel_.lanes + l];
    });
  }

 private:
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
          const int64_t in = input_.distance(i, j, k) * pitch;
          const int64_t length = rows ? c * s_.kernel[2] : c;
          for (int64_t at = 0; at < length; at += kernel_.lanes) {
            const int used = int(std::min<int64_t>(kernel_.lanes, length - at));
            columns_.push_back({in + at, int64_t(weights_.size()), used});
            for (int l = 0; l < used; l++) {
              const int64_t channel = range.begin + (at + l) % c;
              weights_.push_back(channel * used_.all() + used_.place(i, j, k) + (at + l) / c);
            }
          }
        }
  }

  // The products of one chunk, for the channels of a range, into rows of `to`.
  void multiply(int64_t chunk, int64_t group, int64_t range, T* to) const {
    const Span pixels{chunk * chunks_.size, std::min((chunk + 1) * chunks_.size, s_.n * s_.pixels())};
    const int64_t pitch = pitch_[range], elements = input_.size(pixels) * pitch;
    const Span channels{group * channels_ + channels_of_[range].begin,
                        group * channels_ + channels_of_[range].end};
    const Scratch<T> scratch(elements + slack);
    std::fill_n(scratch.data() + elements, slack, T(0));
    const Scratch<int64_t> offsets(pixels.size());
    input_.copy(pixels, channels, pitch, scratch.data(), offsets.data());
    multiply_blocks(pixels, group, range, scratch.data(), offsets.data(), to);
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
    int64_t in[ConvKernels<T>::most_vectors], out[ConvKernels<T>::most_vectors];
    t.a_row = packs ? 1 : s_.pixels(), t.a_column = packs ? height : 1;
    t.tiles = 1, t.x = x, t.in = in, t.out = out, t.z_row = row_;
    for (int64_t c = columns.begin; c < columns.end; c += vectors) {
      for (int v = 0; v < vectors; v++) {
        in[v] = columns_[size_t(std::min(c + v, columns.end - 1))].in;
        out[v] = (c + v < columns.end ? c + v : int64_t(columns_.size()) + v) * kernel_.lanes;
      }
      for (int64_t q = panels.begin; q < panels.end; q++) {
        const int64_t first = rows(q).begin;
        t.a = dy + first * (packs ? t.k : s_.pixels());
        t.z = to + first * row_;
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

  const ConvKernels<T>& kernel_ = kernels<T>().conv;
  const UsedTaps used_;
  const Convolution& s_;
  const T* const dy_;
  T* const dw_;
  const int64_t cost_, channels_, filters_;  // of a group
  const TransposedInput<T> input_;
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
    if (k.dw.bytes == 0) return;
    if (k.shape.groups == k.shape.channels && k.shape.filters == k.shape.channels && k.shape.groups > 1)
      depthwise_weight_gradient<T>(k);
    else
      WeightGradient<T>(k).run();
  });
}

}  // namespace nncore::cpu
