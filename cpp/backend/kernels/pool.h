// Pooling: the maximum or mean of windows of planes. A plane has up to three axes; planes of one or two axes
// have leading axes of size 1.
#pragma once
#include <algorithm>
#include <span>

#include "../cost.h"
#include "../kernel.h"
#include "sizes.h"

namespace nncore {

// The rule that places the windows along an axis: at multiples of the stride; from floor(o in / out) to
// ceil((o + 1) in / out); or at steps that depend on a random number (Graham 2014).
enum class Placement : int { strided, adaptive, fractional };

// The positions begin, begin + dilation, ... before end; all lie in the plane.
struct Window {
  int64_t begin, end;
};

struct PoolAxis {
  int64_t in = 1, out = 1, kernel = 1, stride = 1, padding = 0, dilation = 1;

  // The window of output o. u: the random number of this plane and axis, of the type that computes with it.
  template <class T>
  Window window(Placement placement, int64_t o, T u) const {
    if (placement == Placement::adaptive) return {o * in / out, ((o + 1) * in + out - 1) / out};
    if (placement == Placement::fractional) {
      int64_t begin = in - kernel;
      if (o + 1 < out) {
        const T step = T(in - kernel) / T(out - 1), from = u > 0 ? std::min(u, T(1)) : T(0);
        begin = std::clamp<int64_t>(int64_t((T(o) + from) * step) - int64_t(from * step), 0, in - kernel);
      }
      return {begin, begin + kernel};
    }
    const int64_t first = o * stride - padding;
    const int64_t skipped = first < 0 ? (-first + dilation - 1) / dilation : 0;
    return {first + skipped * dilation, std::min(first + (kernel - 1) * dilation + 1, in)};
  }
  bool operator==(const PoolAxis&) const = default;
};

struct PoolShape {
  int64_t planes;
  Placement placement;
  PoolAxis axes[3];

  int64_t in() const { return axes[0].in * axes[1].in * axes[2].in; }
  int64_t out() const { return axes[0].out * axes[1].out * axes[2].out; }
  int64_t rows() const { return planes * axes[0].out * axes[1].out; }  // of outputs
  int64_t most_rows() const {                                          // of a window, that are not padding
    return std::min(axes[0].kernel, axes[0].in) * std::min(axes[1].kernel, axes[1].in);
  }
  int64_t window() const { return axes[0].kernel * axes[1].kernel * axes[2].kernel; }
  double flops() const {
    double each = double(planes) * double(out());
    for (const PoolAxis& a : axes) each *= double(std::min(a.kernel, a.in));
    return each;
  }
  int64_t cost() const { return int64_t(flops() / 8); }
  std::string text() const {
    return sizes_text({planes, axes[0].in, axes[1].in, axes[2].in}) + " to " +
           sizes_text({axes[0].out, axes[1].out, axes[2].out});
  }
  bool operator==(const PoolShape&) const = default;
};

// The number by which the sum of a window is divided: `divisor`, or if that is 0 the number of its positions,
// which include those in the padding if include_padding.
struct PoolDivisor {
  int64_t divisor;
  bool include_padding;
  bool operator==(const PoolDivisor&) const = default;
};

// y (planes, out) = the maximum of each window; index = its position in the plane: int32 for float32, int64
// for float64. As in PyTorch, the first of equal numbers counts, and NaN counts as the largest.
struct MaxPoolFwd {
  static constexpr Kernel kernel = Kernel::max_pool_fwd;
  In x, samples = {};  // samples (planes, 3), in order of the axes, for fractional windows
  Out y, index = {};
  PoolShape shape;

  int64_t cost() const { return byte_cost(x.bytes + y.bytes + index.bytes) + shape.cost(); }
  double flops() const { return shape.flops(); }
  std::string text() const { return shape.text(); }
  bool operator==(const MaxPoolFwd&) const = default;
};

// dx[index] += dy, in order of the outputs.
struct MaxPoolBwd {
  static constexpr Kernel kernel = Kernel::max_pool_bwd;
  In dy, index;
  Out dx;
  int64_t planes, in, out;

  int64_t cost() const { return byte_cost(2 * dy.bytes + dx.bytes) + planes * out; }
  double flops() const { return double(planes) * double(out); }
  bool operator==(const MaxPoolBwd&) const = default;
};

// y (planes, out) = the sum of each window / its divisor.
struct AvgPoolFwd {
  static constexpr Kernel kernel = Kernel::avg_pool_fwd;
  In x;
  Out y;
  PoolShape shape;
  PoolDivisor divisor;

  int64_t cost() const { return byte_cost(x.bytes + y.bytes) + shape.cost(); }
  double flops() const { return shape.flops(); }
  std::string text() const { return shape.text(); }
  bool operator==(const AvgPoolFwd&) const = default;
};

// dx = the sum of dy / divisor over all windows that contain an element.
struct AvgPoolBwd {
  static constexpr Kernel kernel = Kernel::avg_pool_bwd;
  In dy;
  Out dx;
  PoolShape shape;
  PoolDivisor divisor;

  int64_t cost() const { return byte_cost(dy.bytes + dx.bytes) + shape.cost(); }
  double flops() const { return shape.flops(); }
  std::string text() const { return shape.text(); }
  bool operator==(const AvgPoolBwd&) const = default;
};

// The elements of all windows, which may lie in the padding: columns (planes, window, out), 0 in the padding.
struct UnfoldFwd {
  static constexpr Kernel kernel = Kernel::unfold_fwd;
  In x;
  Out columns;
  PoolShape shape;

  int64_t cost() const { return byte_cost(x.bytes + columns.bytes) + shape.cost(); }
  std::string text() const { return shape.text(); }
  bool operator==(const UnfoldFwd&) const = default;
};

// x = the sum of the elements of columns that have the same place in the plane.
struct UnfoldBwd {
  static constexpr Kernel kernel = Kernel::unfold_bwd;
  In columns;
  Out x;
  PoolShape shape;

  int64_t cost() const { return byte_cost(x.bytes + columns.bytes) + shape.cost(); }
  double flops() const { return shape.flops(); }
  std::string text() const { return shape.text(); }
  bool operator==(const UnfoldBwd&) const = default;
};

}  // namespace nncore
