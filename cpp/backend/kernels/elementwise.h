// Ops that compute each element from the elements at the same position. An op is an index in a list
// of backend/elementwise_list.h.
#pragma once
#include "../cost.h"
#include "../kernel.h"
#include "broadcast.h"

namespace nncore {

inline constexpr int max_scalars = 2;

// y = op(x) for n elements; scalars are the parameters of ops such as clamp.
struct UnaryFwd {
  static constexpr Kernel kernel = Kernel::unary_fwd;
  In x;
  Out y;
  int op;  // index in UnaryOps
  int64_t n;
  Number scalars[max_scalars];

  int64_t cost() const { return element_cost(n); }
  double flops() const { return double(n); }
  std::string text() const;
  int64_t elements() const { return n; }
  void cut(int64_t to) { n = to; }
  bool operator==(const UnaryFwd&) const = default;
};

// dx = dy * op'(x); x and y are present if the formula reads them.
struct UnaryBwd {
  static constexpr Kernel kernel = Kernel::unary_bwd;
  In x = {}, y = {}, dy;
  Out dx;
  int op;  // index in UnaryOps
  int64_t n;
  Number scalars[max_scalars];

  int64_t cost() const { return element_cost(n); }
  double flops() const { return double(n); }
  std::string text() const;
  int64_t elements() const { return n; }
  void cut(int64_t to) { n = to; }
  bool operator==(const UnaryBwd&) const = default;
};

// y = op(a, b), a and b broadcast to the n elements of y.
struct BinaryFwd {
  static constexpr Kernel kernel = Kernel::binary_fwd;
  In a, b;
  Out y;
  int op;  // index in BinaryOps
  int64_t n;
  BroadcastLoop loop;  // of a and b

  int64_t cost() const { return byte_cost(3 * y.bytes); }
  double flops() const { return double(n); }
  std::string text() const;
  // An integer kernel may raise, so it is not cut.
  int64_t elements() const { return is_floating(a.dtype) && loop.is_flat() ? n : 0; }
  void cut(int64_t to) { n = loop.size[0] = to; }
  [[noreturn]] void fail(const Fault&) const;
  bool operator==(const BinaryFwd&) const = default;
};

// The gradient of one operand of y = op(a, b), with the shape of dy: the op sums it over broadcast axes.
struct BinaryBwd {
  static constexpr Kernel kernel = Kernel::binary_bwd;
  In a, b, y = {}, dy;
  Out d;
  int op;       // index in BinaryOps
  int operand;  // 0: d is the gradient of a; 1: of b
  int64_t n;
  BroadcastLoop loop;  // of a and b

  int64_t cost() const { return byte_cost(4 * d.bytes); }
  double flops() const { return double(n); }
  std::string text() const;
  int64_t elements() const { return loop.is_flat() ? n : 0; }
  void cut(int64_t to) { n = loop.size[0] = to; }
  bool operator==(const BinaryBwd&) const = default;
};

// y (bool) = op(a, b), a and b broadcast to the n elements of y.
struct Compare {
  static constexpr Kernel kernel = Kernel::compare;
  In a, b;
  Out y;
  int op;  // index in CompareOps
  int64_t n;
  BroadcastLoop loop;  // of a and b

  int64_t cost() const { return byte_cost(2 * y.bytes); }
  double flops() const { return double(n); }
  std::string text() const;
  int64_t elements() const { return loop.is_flat() ? n : 0; }
  void cut(int64_t to) { n = loop.size[0] = to; }
  bool operator==(const Compare&) const = default;
};

// y = op(a, b) of integers, a and b broadcast to the n elements of y.
struct Bitwise {
  static constexpr Kernel kernel = Kernel::bitwise;
  In a, b;
  Out y;
  int op;  // index in BitwiseOps
  int64_t n;
  BroadcastLoop loop;  // of a and b

  int64_t cost() const { return byte_cost(3 * y.bytes); }
  double flops() const { return double(n); }
  std::string text() const;
  int64_t elements() const { return loop.is_flat() ? n : 0; }
  void cut(int64_t to) { n = loop.size[0] = to; }
  bool operator==(const Bitwise&) const = default;
};

// y = condition ? a : b, with condition (bool), a and b broadcast to the n elements of y.
struct Where {
  static constexpr Kernel kernel = Kernel::where;
  In condition, a, b;
  Out y;
  int64_t n;
  BroadcastLoop loop;  // of condition, a and b

  int64_t cost() const { return byte_cost(3 * y.bytes); }
  bool takes_storage_types() const { return !is_storage(condition.dtype); }
  int64_t elements() const { return loop.is_flat() ? n : 0; }
  void cut(int64_t to) { n = loop.size[0] = to; }
  bool operator==(const Where&) const = default;
};

// y = x converted to the dtype of y, for n elements.
struct Cast {
  static constexpr Kernel kernel = Kernel::cast;
  static constexpr bool mixes_types = true;
  In x;
  Out y;
  int64_t n;

  int64_t cost() const { return byte_cost(x.bytes + y.bytes); }
  std::string text() const;
  bool takes_storage_types() const { return true; }
  int64_t elements() const { return n; }
  void cut(int64_t to) { n = to; }
  bool operator==(const Cast&) const = default;
};

// Raises for the first of n values that is NaN or infinite. The rest of the step then does not run.
struct CheckFinite {
  static constexpr Kernel kernel = Kernel::check_finite;
  In x;
  int64_t n;

  int64_t cost() const { return n; }
  [[noreturn]] void fail(const Fault&) const;
  bool operator==(const CheckFinite&) const = default;
};

}  // namespace nncore
