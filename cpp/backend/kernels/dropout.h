// Dropout of elements, or of runs of elements such as the channels of an image.
#pragma once
#include "../cost.h"
#include "../kernel.h"
#include "../order.h"

namespace nncore {

// Each run of `inner` of the n elements becomes `dropped` with probability p, else x * scale + shift.
// key (2) int64: the seed and the offset of the random numbers, with which backward drops the same elements.
struct DropoutFwd {
  static constexpr Kernel kernel = Kernel::dropout_fwd;
  In x;
  Out y, key;
  int64_t n, inner;
  double p, scale, shift, dropped;
  RandomBlocks random = {};

  // Decisions are drawn in whole groups.
  uint64_t blocks() const {
    return uint64_t((n / inner + dropout_group - 1) / dropout_group * dropout_group / 4);
  }
  int64_t cost() const { return inner == 1 ? element_cost(2 * n) : byte_cost(2 * x.bytes); }
  double flops() const { return 2.0 * double(n); }
  bool operator==(const DropoutFwd&) const = default;
};

// dx = dy * scale, or 0 for dropped elements.
struct DropoutBwd {
  static constexpr Kernel kernel = Kernel::dropout_bwd;
  In dy, key;
  Out dx;
  int64_t n, inner;
  double p, scale;

  int64_t cost() const { return inner == 1 ? element_cost(2 * n) : byte_cost(2 * dy.bytes); }
  double flops() const { return double(n); }
  bool operator==(const DropoutBwd&) const = default;
};

}  // namespace nncore
