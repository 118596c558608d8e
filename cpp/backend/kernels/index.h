// Gathers elements by indices, and the transposed ops, which add or set elements by indices. In all kernels,
// `op` is the name in errors; with `wrap`, a negative index counts from the end.
#pragma once
#include "../cost.h"
#include "../kernel.h"
#include "broadcast.h"

namespace nncore {

// y[o, i] = x[o, index[i]] for x (outer, rows, cols), index (count), y (outer, count, cols).
struct GatherRows {
  static constexpr Kernel kernel = Kernel::gather_rows;
  In x, index;
  Out y;
  const char* op;
  int64_t outer, rows, cols, count;
  bool wrap;

  int64_t cost() const { return byte_cost(4 * y.bytes); }
  bool takes_storage_types() const { return !is_storage(index.dtype); }
  [[noreturn]] void fail(const Fault&) const;
  bool operator==(const GatherRows&) const = default;
};

// y[o, index[i]] += src[o, i] in order of i, for index (count), src (outer, count, cols), y
// (outer, rows, cols).
struct ScatterAddRows {
  static constexpr Kernel kernel = Kernel::scatter_add_rows;
  In index, src;
  Out y;
  const char* op;
  int64_t outer, rows, cols, count;
  bool wrap;

  int64_t cost() const { return byte_cost(4 * src.bytes); }
  double flops() const { return double(outer) * double(count) * double(cols); }
  [[noreturn]] void fail(const Fault&) const;
  bool operator==(const ScatterAddRows&) const = default;
};

// y[o, j, i] = x[o, index[o, j, i], i] for x (outer, n, inner), index and y (outer, count, inner).
struct GatherAxis {
  static constexpr Kernel kernel = Kernel::gather_axis;
  In x, index;
  Out y;
  const char* op;
  int64_t outer, n, inner, count;
  bool wrap;

  int64_t cost() const { return 2 * outer * count * inner; }
  bool takes_storage_types() const { return !is_storage(index.dtype); }
  [[noreturn]] void fail(const Fault&) const;
  bool operator==(const GatherAxis&) const = default;
};

// y[o, index[o, j, i], i] = (or +=) src[o, j, i] in order of j, for index (outer, count, inner), y
// (outer, n, inner).
struct ScatterAxis {
  static constexpr Kernel kernel = Kernel::scatter_axis;
  In index, src;
  Out y;
  const char* op;
  int64_t outer, n, inner, count;
  bool wrap, add;
  bool single;  // src is one value for all

  int64_t cost() const { return 4 * outer * count * inner; }
  double flops() const { return add ? double(outer) * double(count) * double(inner) : 0; }
  bool takes_storage_types() const { return !add && !is_storage(index.dtype); }
  [[noreturn]] void fail(const Fault&) const;
  bool operator==(const ScatterAxis&) const = default;
};

// flat = (index[0] * size[1] + index[1]) * size[2] + ..., n elements of int64; negative indices count
// from the end.
struct RavelIndex {
  static constexpr Kernel kernel = Kernel::ravel_index;
  In index[max_axes] = {};  // the first `ndim`
  Out flat;
  int64_t n;
  int ndim, first_axis;  // first_axis: the number of the first axis in errors
  int64_t size[max_axes] = {};

  int64_t cost() const { return 4 * n; }
  [[noreturn]] void fail(const Fault&) const;
  bool operator==(const RavelIndex&) const = default;
};

}  // namespace nncore
