// Reductions along one axis: the middle one of x (outer, n, inner).
#pragma once
#include "../cost.h"
#include "../kernel.h"
#include "sizes.h"

namespace nncore {

enum class Reduction : int { sum, prod, max, min };

inline const char* name_of(Reduction op) {
  constexpr const char* names[] = {"sum", "prod", "max", "min"};
  return names[int(op)];
}

// y (outer, inner) = scale * the reduction of x over the axis. Sums and products of integers are int64.
struct Reduce {
  static constexpr Kernel kernel = Kernel::reduce;
  In x;
  Out y;
  Reduction op;
  int64_t outer, n, inner;
  double scale = 1;

  int64_t cost() const { return byte_cost(x.bytes); }
  double flops() const { return double(outer) * double(n) * double(inner); }
  std::string text() const { return name_of(op) + (' ' + sizes_text({outer, n, inner})); }
  int64_t elements() const { return outer == 1 && inner == 1 && is_floating(x.dtype) ? n : 0; }
  void cut(int64_t count) { n = count; }
  bool operator==(const Reduce&) const = default;
};

// y (outer, inner), int64: the first index of the largest or smallest element along the axis.
struct ArgReduce {
  static constexpr Kernel kernel = Kernel::arg_reduce;
  In x;
  Out y;
  Reduction op;  // max or min
  int64_t outer, n, inner;

  int64_t cost() const { return 1 + outer * n * inner; }
  double flops() const { return double(outer) * double(n) * double(inner); }
  std::string text() const { return name_of(op) + (' ' + sizes_text({outer, n, inner})); }
  bool operator==(const ArgReduce&) const = default;
};

}  // namespace nncore
