// The gradient of the weight of a depthwise convolution: dw[c][tap] = sum over pixels of dy[c][pixel]
// x[c][pixel + tap]. Both operands are transposed to (pixel, channel), so that a register holds the same pixel of
// several channels, and a tile the taps of these channels. k counts samples and pixels.
#include <algorithm>
#include <vector>

#include "../../../core/parallel.h"
#include "chunk_sums.h"
#include "depthwise.h"
#include "transposed_input.h"
#include "used_taps.h"

namespace nncore::cpu {
namespace {

template <class T>
class DepthwiseGradient {
 public:
  explicit DepthwiseGradient(const ConvWeightBwd& k)
      : used_(k.shape),
        s_(used_.shape),
        dy_(k.dy.as<T>()),
        dw_(k.dw.as<T>()),
        cost_(k.cost()),
        input_(s_, k.x.as<T>()),
        chunks_(chunks_of(s_.n * s_.pixels())),
        ranges_(ceil_div(s_.channels, most_channels)),
        tiles_(ceil_div(s_.taps(), columns)),
        padded_(round_up(s_.channels, kernel_.lanes) + kernel_.lanes) {
    for (int64_t i = 0; i < s_.kernel[0]; i++)
      for (int64_t j = 0; j < s_.kernel[1]; j++)
        for (int64_t l = 0; l < s_.kernel[2]; l++) {
          taps_.push_back(input_.distance(i, j, l));
          places_.push_back(used_.place(i, j, l));
        }
    taps_.resize(size_t(tiles_ * columns), taps_.empty() ? 0 : taps_.back());
  }

  void run() const {
    if (s_.taps() < used_.all()) std::fill_n(dw_, s_.channels * used_.all(), T(0));
    if (s_.taps() == 0) return;
    const int64_t size = tiles_ * columns * padded_;  // [tap][channel]
    const ChunkSums<T> chunk_sums(chunks_.count, size);
    const T* const sums = chunk_sums.add([&](int64_t first, int64_t count, T* to) {
      parallel_ranges(count * ranges_, cost_ * count / chunks_.count, [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end && !interrupted(); i++)
          multiply(first + i / ranges_, part(s_.channels, ranges_, i % ranges_, kernel_.lanes),
                   to + i / ranges_ * size);
      });
    });
    for (int64_t c = 0; c < s_.channels; c++)
      for (size_t tap = 0; tap < places_.size(); tap++)
        dw_[c * used_.all() + places_[tap]] = sums[int64_t(tap) * padded_ + c];
  }

 private:
  static constexpr int64_t most_channels = 16, slack = 64;
  static constexpr int columns = ConvKernels<T>::diagonal_columns;

  // The sums of a chunk of pixels for some channels.
  void multiply(int64_t chunk, Span channels, T* to) const {
    const Span pixels{chunk * chunks_.size, std::min((chunk + 1) * chunks_.size, s_.n * s_.pixels())};
    const int64_t pitch = round_up(channels.size(), kernel_.lanes), elements = input_.size(pixels) * pitch;
    const Scratch<T> x(elements + slack), dy(pixels.size() * pitch + slack);
    const Scratch<int64_t> offsets(pixels.size()), in(tiles_ * columns);
    std::fill_n(x.data() + elements, slack, T(0));
    input_.copy(pixels, channels, pitch, x.data(), offsets.data());
    transpose_gradient(pixels, channels, pitch, dy.data());
    for (int64_t i = 0; i < tiles_ * columns; i++) in.data()[i] = taps_[size_t(i)] * pitch;
    for (int64_t c = 0; c < channels.size(); c += kernel_.lanes)
      for (int64_t tile = 0; tile < tiles_; tile++)
        kernel_.diagonal({.k = pixels.size(),
                          .x = x.data() + c,
                          .in = in.data() + tile * columns,
                          .offsets = offsets.data(),
                          .y = dy.data() + c,
                          .y_step = pitch,
                          .out = to + tile * columns * padded_ + channels.begin + c,
                          .out_row = padded_});
  }

  // dy of some pixels as (pixel, channel).
  void transpose_gradient(Span pixels, Span channels, int64_t pitch, T* to) const {
    const int64_t per_sample = s_.pixels();
    for (int64_t p = pixels.begin; p < pixels.end;) {
      const int64_t n = p / per_sample, at = p % per_sample,
                    length = std::min(per_sample - at, pixels.end - p);
      kernels<T>().product.transpose(channels.size(), length,
                                     dy_ + (n * s_.channels + channels.begin) * per_sample + at, per_sample,
                                     to + (p - pixels.begin) * pitch, pitch);
      p += length;
    }
  }

  const ConvKernels<T>& kernel_ = kernels<T>().conv;
  const UsedTaps used_;
  const Convolution& s_;
  const T* const dy_;
  T* const dw_;
  const int64_t cost_;
  const TransposedInput<T> input_;
  const Chunks chunks_;
  const int64_t ranges_, tiles_, padded_;  // of channels; of taps; channels of a row of the sums
  std::vector<int64_t> taps_, places_;     // by used tap: its distance, and its place in the kernel
};

}  // namespace

template <class T>
void depthwise_weight_gradient(const ConvWeightBwd& k) {
  DepthwiseGradient<T>(k).run();
}
template void depthwise_weight_gradient<float>(const ConvWeightBwd&);
template void depthwise_weight_gradient<double>(const ConvWeightBwd&);

}  // namespace nncore::cpu
