// Running sums and products along the middle axis of x (outer, n, inner), and the gradients of products.
#pragma once
#include "reduce.h"

namespace nncore {

// y_r = x_0 + ... + x_r, or their product; in reverse x_r + ... + x_(n-1).
struct Scan {
  static constexpr Kernel kernel = Kernel::scan;
  In x;
  Out y;
  Reduction op;  // sum or prod
  int64_t outer, n, inner;
  bool reverse;

  int64_t cost() const { return outer * n * inner; }
  double flops() const { return double(outer) * double(n) * double(inner); }
  std::string text() const { return name_of(op) + (' ' + sizes_text({outer, n, inner})); }
  bool operator==(const Scan&) const = default;
};

// dx for y, the running product of x. x may contain zeros.
struct CumprodBwd {
  static constexpr Kernel kernel = Kernel::cumprod_bwd;
  In x, y, dy;
  Out dx;
  int64_t outer, n, inner;

  int64_t cost() const { return 2 * outer * n * inner; }
  double flops() const { return 3.0 * double(outer) * double(n) * double(inner); }
  std::string text() const { return sizes_text({outer, n, inner}); }
  bool operator==(const CumprodBwd&) const = default;
};

// The gradient of the product of x over the axis, for dy (outer, inner):
// dx_r = dy (product of all before r) (product of all after r).
struct ProdBwd {
  static constexpr Kernel kernel = Kernel::prod_bwd;
  In x, dy;
  Out dx;
  int64_t outer, n, inner;

  int64_t cost() const { return 4 * outer * n * inner; }
  double flops() const { return 3.0 * double(outer) * double(n) * double(inner); }
  std::string text() const { return sizes_text({outer, n, inner}); }
  bool operator==(const ProdBwd&) const = default;
};

}  // namespace nncore
