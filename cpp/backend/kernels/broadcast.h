#pragma once
#include <cstdint>

namespace nncore {

inline constexpr int max_axes = 8;

// A loop over a contiguous output and up to three operands that may be broadcast along some axes (stride 0).
// Axes are merged, so the innermost stride of each operand is 1 or 0.
struct BroadcastLoop {
  int ndim;
  int64_t size[max_axes];
  int64_t stride[3][max_axes];  // of each operand, in elements

  bool is_flat() const { return ndim == 1; }
  bool operator==(const BroadcastLoop& o) const {  // values beyond ndim are not set
    bool equal = ndim == o.ndim;
    for (int i = 0; equal && i < ndim; i++) {
      equal = size[i] == o.size[i];
      for (int k = 0; k < 3; k++) equal = equal && stride[k][i] == o.stride[k][i];
    }
    return equal;
  }
};

}  // namespace nncore
