// The input of a convolution as (pixel, channel) with zeros around it, for the gradient of the weight.
#pragma once
#include <algorithm>
#include <vector>

#include "../../kernels/conv.h"
#include "../dispatch.h"
#include "../span.h"

namespace nncore::cpu {

template <class T>
class TransposedInput {
 public:
  TransposedInput(const Convolution& s, const T* x)
      : s_(s),
        x_(x),
        across_(s.out[0] > 1   ? 0
                : s.out[1] > 1 ? 1
                               : 2) {
    for (int a = 0; a < 3; a++) step_[a] = std::min(s.stride[a], (s.kernel[a] - 1) * s.dilation[a] + 1);
  }

  // Elements that some pixels of the output read, counted over the samples; each has `pitch` values in a copy.
  int64_t size(Span pixels) const {
    int64_t elements = 0;
    for (const Segment& g : cut(pixels)) elements += size_of(g);
    return elements;
  }
  // From the first element that a pixel reads to that of a tap.
  int64_t distance(int64_t i, int64_t j, int64_t k) const {
    return (i * s_.dilation[0] * extent(1) + j * s_.dilation[1]) * extent(2) + k * s_.dilation[2];
  }
  // Copies some channels of what the pixels read, and stores where each pixel's first element is.
  void copy(Span pixels, Span channels, int64_t pitch, T* to, int64_t* offset) const {
    int64_t at = 0, pixel = pixels.begin;
    for (const Segment& g : cut(pixels)) {
      transpose(g, channels, pitch, to + at);
      const int64_t end = std::min(pixels.end, (g.sample + 1) * s_.pixels());
      offset = add_offsets(g, Span{pixel, end}, at, pitch, offset);
      pixel = end;
      at += size_of(g) * pitch;
    }
  }

 private:
  // Some pixels of one sample; positions [begin, end) along the axis that chunks cut.
  struct Segment {
    int64_t sample, begin, end;
  };
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
  void transpose(const Segment& g, Span channels, int64_t pitch, T* to) const {
    const int64_t c = channels.size(), plane = s_.inputs(), width = extent_in(g, 2);
    const T* const x = x_ + (g.sample * s_.channels + channels.begin) * plane;
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

  const Convolution& s_;
  const T* const x_;
  const int64_t across_;  // the first axis with several positions
  int64_t step_[3];       // from position to position, without elements that no tap reads
};

}  // namespace nncore::cpu
