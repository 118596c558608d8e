// A convolution without the taps at both ends of the kernel that read only zeros around the input. The gradients of
// these taps are 0.
#pragma once
#include "../../kernels/conv.h"

namespace nncore::cpu {

struct UsedTaps {
  Convolution shape;  // with the used taps only

  explicit UsedTaps(const Convolution& s) : shape(s) {
    for (int a = 0; a < 3; a++) {
      size_[a] = s.kernel[a], first_[a] = 0;
      const auto reads = [&](int64_t tap) {
        const int64_t first = tap * s.dilation[a] - s.pad[a];
        return first < s.in[a] && first + (s.out[a] - 1) * s.stride[a] >= 0;
      };
      int64_t end = s.kernel[a];
      while (end > 0 && !reads(end - 1)) end--;
      while (first_[a] < end && !reads(first_[a])) first_[a]++;
      shape.kernel[a] = end - first_[a];
      shape.pad[a] -= first_[a] * s.dilation[a];
    }
  }
  int64_t all() const { return size_[0] * size_[1] * size_[2]; }
  // The place of a used tap in the whole kernel.
  int64_t place(int64_t i, int64_t j, int64_t k) const {
    return ((i + first_[0]) * size_[1] + j + first_[1]) * size_[2] + k + first_[2];
  }

 private:
  int64_t size_[3], first_[3];
};

}  // namespace nncore::cpu
