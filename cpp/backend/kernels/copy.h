// Fills and strided copies.
#pragma once
#include "../cost.h"
#include "../kernel.h"
#include "broadcast.h"

namespace nncore {

// y[i] = value + i * step for n elements; integers are int_value + i * int_step, exactly.
struct Fill {
  static constexpr Kernel kernel = Kernel::fill;
  Out y;
  int64_t n;
  Number value, step = {};
  int64_t int_value, int_step = 0;

  int64_t cost() const { return byte_cost(y.bytes); }
  bool takes_storage_types() const { return true; }
  int64_t elements() const { return double(step) == 0 && int_step == 0 ? n : 0; }
  void cut(int64_t to) { n = to; }
  bool operator==(const Fill&) const = default;
};

// dst[dst_start + i . dst_stride] = (or +=) src[src_start + i . src_stride] for every index i below size.
struct Copy {
  static constexpr Kernel kernel = Kernel::copy;
  In src;
  Out dst;
  int ndim;
  bool accumulate = false;
  int64_t size[max_axes] = {};
  int64_t src_stride[max_axes] = {}, dst_stride[max_axes] = {};
  int64_t src_start = 0, dst_start = 0;

  int64_t count() const {
    int64_t n = 1;
    for (int i = 0; i < ndim; i++) n *= size[i];
    return n;
  }
  int64_t cost() const { return byte_cost(3 * count() * int64_t(size_of(dst.dtype))); }
  bool takes_storage_types() const { return !accumulate; }
  double flops() const { return accumulate ? double(count()) : 0; }
  int64_t elements() const {
    const bool is_flat =
        ndim == 1 && dst_stride[0] == 1 && src_stride[0] <= 1 && src_start == 0 && dst_start == 0;
    return is_flat ? size[0] : 0;
  }
  void cut(int64_t to) { size[0] = to; }
  bool operator==(const Copy&) const = default;
};

}  // namespace nncore
