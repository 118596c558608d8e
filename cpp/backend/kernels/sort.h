#pragma once
#include <bit>

#include "../kernel.h"
#include "sizes.h"

namespace nncore {

// The first k elements of x (outer, n, inner) in order along the middle axis: values (outer, k, inner) and
// their int64 indices along the axis. Equal elements keep their order; NaN is the largest.
struct Sort {
  static constexpr Kernel kernel = Kernel::sort;
  In x;
  Out values, indices;
  int64_t outer, n, inner, k;
  bool descending;

  int64_t cost() const { return outer * n * inner * 4 * std::bit_width(uint64_t(n)); }
  std::string text() const { return sizes_text({outer, n, inner}); }
  bool operator==(const Sort&) const = default;
};

}  // namespace nncore
