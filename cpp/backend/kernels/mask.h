// Masks, triangles, indices of nonzero elements, and one-hot vectors.
#pragma once
#include "../cost.h"
#include "../kernel.h"
#include "broadcast.h"

namespace nncore {

// y = value where mask (bool) == fills, else x; x and mask are broadcast to the n elements of y.
struct MaskedFill {
  static constexpr Kernel kernel = Kernel::masked_fill;
  In x, mask;
  Out y;
  int64_t n;
  bool fills;  // the value of the mask that is filled
  Number value;
  int64_t int_value;   // used if x has integers
  BroadcastLoop loop;  // of x and mask

  int64_t cost() const { return byte_cost(3 * y.bytes); }
  bool takes_storage_types() const { return !is_storage(mask.dtype); }
  int64_t elements() const { return loop.is_flat() ? n : 0; }
  void cut(int64_t to) { n = loop.size[0] = to; }
  bool operator==(const MaskedFill&) const = default;
};

// y = x (batch, rows, cols) with 0 outside a triangle: the columns <= row + diagonal (lower) or
// >= row + diagonal (upper).
struct Triangle {
  static constexpr Kernel kernel = Kernel::triangle;
  In x;
  Out y;
  int64_t batch, rows, cols, diagonal;
  bool lower;

  int64_t cost() const { return byte_cost(2 * y.bytes); }
  bool takes_storage_types() const { return true; }
  bool operator==(const Triangle&) const = default;
};

// Nonzero elements are found chunk by chunk.
inline constexpr int64_t nonzero_chunk = 1 << 16;
inline int64_t nonzero_chunks(int64_t n) { return (n + nonzero_chunk - 1) / nonzero_chunk; }

// counts[c] (int64) = the number of nonzero elements of x, of n, in chunks 0 .. c; counts[0] = 0 for n = 0.
struct NonzeroCount {
  static constexpr Kernel kernel = Kernel::nonzero_count;
  In x;
  Out counts;
  int64_t n;

  int64_t cost() const { return n; }
  bool operator==(const NonzeroCount&) const = default;
};

// y (int64): the indices of each nonzero element along the ndim axes of x.
struct NonzeroFill {
  static constexpr Kernel kernel = Kernel::nonzero_fill;
  In x, counts;
  Out y;
  int64_t n;
  int ndim;
  int64_t size[max_axes] = {};        // of x
  int64_t found_stride, axis_stride;  // of y

  int64_t cost() const { return 2 * n; }
  [[noreturn]] void fail(const Fault&) const;
  bool operator==(const NonzeroFill&) const = default;
};

// y (n, classes) int64: y[i, x[i]] = 1, the rest is 0.
struct OneHot {
  static constexpr Kernel kernel = Kernel::one_hot;
  In x;
  Out y;
  int64_t n, classes;

  int64_t cost() const { return byte_cost(y.bytes); }
  [[noreturn]] void fail(const Fault&) const;
  bool operator==(const OneHot&) const = default;
};

}  // namespace nncore
