// Padding with the tensor's own elements, at both ends of one axis.
#pragma once
#include "../cost.h"
#include "../kernel.h"

namespace nncore {

enum class Padding : int { reflect, replicate, circular };

// x (outer, n, inner) gives y (outer, left + n + right, inner).
struct PadAxisFwd {
  static constexpr Kernel kernel = Kernel::pad_axis_fwd;
  In x;
  Out y;
  Padding mode;
  int64_t outer, n, inner, left, right;

  int64_t cost() const { return byte_cost(2 * y.bytes); }
  bool operator==(const PadAxisFwd&) const = default;
};

// dx = the sum of dy over all copies of an element.
struct PadAxisBwd {
  static constexpr Kernel kernel = Kernel::pad_axis_bwd;
  In dy;
  Out dx;
  Padding mode;
  int64_t outer, n, inner, left, right;

  int64_t cost() const { return byte_cost(2 * dy.bytes); }
  double flops() const { return double(outer) * double(left + right) * double(inner); }
  bool operator==(const PadAxisBwd&) const = default;
};

}  // namespace nncore
