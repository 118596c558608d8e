// Interpolation of planes: at evenly spaced positions along an axis, or at points of a grid.
#pragma once
#include "../cost.h"
#include "../kernel.h"
#include "sizes.h"

namespace nncore {

// The elements of an axis that give a value between them: the one at floor(position), the nearest one, two, or
// four with the weights of Keys 1981 for a = -0.75.
enum class Interpolation : int { nearest, nearest_exact, linear, cubic };

inline int taps_of(Interpolation kind) {
  return kind == Interpolation::cubic ? 4 : kind == Interpolation::linear ? 2 : 1;
}

// Values between the n elements of an axis.
struct Resampling {
  int64_t outer, n, m, inner;
  Interpolation kind;
  Number scale;  // elements of the input per element of the output
  bool align_corners;

  double flops() const { return double(outer) * double(m) * double(inner) * taps_of(kind); }
  int64_t cost() const { return int64_t(flops() / 4); }
  std::string text() const { return sizes_text({outer, n, inner}) + " to " + sizes_text({outer, m, inner}); }
  bool operator==(const Resampling&) const = default;
};

// x (outer, n, inner) gives y (outer, m, inner); a sum has the order of the elements of x.
struct ResampleFwd {
  static constexpr Kernel kernel = Kernel::resample_fwd;
  In x;
  Out y;
  Resampling shape;

  int64_t cost() const { return byte_cost(x.bytes + y.bytes) + shape.cost(); }
  double flops() const { return shape.flops(); }
  std::string text() const { return shape.text(); }
  bool operator==(const ResampleFwd&) const = default;
};

// dx = the sum of weight * dy over all elements of y that an element of x is part of, in order of y.
struct ResampleBwd {
  static constexpr Kernel kernel = Kernel::resample_bwd;
  In dy;
  Out dx;
  Resampling shape;

  int64_t cost() const { return byte_cost(dy.bytes + dx.bytes) + shape.cost(); }
  double flops() const { return shape.flops(); }
  std::string text() const { return shape.text(); }
  bool operator==(const ResampleBwd&) const = default;
};

// The elements beyond the ends of an axis: 0, the last element, or the reflected ones.
enum class Beyond : int { zeros, border, reflection };

// Values of planes (depth, height, width) at points with coordinates between -1 and 1.
struct Sampling {
  int64_t batch, channels, sizes[3], points;  // points: per sample of the batch
  int axes;                                   // 2: depth is 1, and a point is (x, y) instead of (x, y, z)
  Interpolation kind;
  Beyond beyond;
  bool align_corners;

  int64_t plane() const { return sizes[0] * sizes[1] * sizes[2]; }
  double flops() const {
    double each = double(batch) * double(channels) * double(points);
    for (int i = 0; i < axes; i++) each *= taps_of(kind);
    return each;
  }
  int64_t cost() const { return int64_t(flops()) + batch * points * axes * 8; }
  std::string text() const {
    return sizes_text({batch, channels, sizes[0], sizes[1], sizes[2]}) + " at " + std::to_string(points) +
           " points";
  }
  bool operator==(const Sampling&) const = default;
};

// x (batch, channels, plane), grid (batch, points, axes) give y (batch, channels, points); a sum has the order
// of the elements of a plane.
struct GridSampleFwd {
  static constexpr Kernel kernel = Kernel::grid_sample_fwd;
  In x, grid;
  Out y;
  Sampling shape;

  int64_t cost() const { return shape.cost(); }
  double flops() const { return shape.flops(); }
  std::string text() const { return shape.text(); }
  bool operator==(const GridSampleFwd&) const = default;
};

// dx: the sum of weight * dy in order of the points. dgrid: the sum over the channels in order.
struct GridSampleBwd {
  static constexpr Kernel kernel = Kernel::grid_sample_bwd;
  In dy, x, grid;
  Out dx = {}, dgrid = {};
  Sampling shape;

  int64_t cost() const { return 2 * shape.cost(); }
  double flops() const { return shape.flops() * ((dx ? 1 : 0) + (dgrid ? 1 + shape.axes : 0)); }
  std::string text() const { return shape.text(); }
  bool operator==(const GridSampleBwd&) const = default;
};

}  // namespace nncore
