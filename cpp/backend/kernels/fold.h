// Folds: sums of a term of each element along the middle axis of x (outer, n, inner).
#pragma once
#include "../cost.h"
#include "../kernel.h"
#include "sizes.h"

namespace nncore {

// The term of an element x: (x - m)^2, |x|, x^2, |x|^p, e^(x - m). There is one m per result.
enum class Fold : int { deviation, abs, square, abs_pow, exp_minus };
// The result from the sum s: s, sqrt(s), s^(1/p), log(s) + m.
enum class FoldEnd : int { none, sqrt, root, log_plus };

// The cost for an operand of n elements and `bytes` bytes.
inline int64_t fold_cost(Fold term, int64_t n, int64_t bytes) {
  return term == Fold::abs_pow ? 4 * n : term == Fold::exp_minus ? element_cost(2 * n) : byte_cost(bytes);
}

inline std::string fold_text(Fold term, int64_t outer, int64_t n, int64_t inner) {
  constexpr const char* names[] = {"deviation ", "abs ", "square ", "abs_pow ", "exp_minus "};
  return names[int(term)] + sizes_text({outer, n, inner});
}

// y (outer, inner) = end(scale * sum of the terms).
struct FoldFwd {
  static constexpr Kernel kernel = Kernel::fold_fwd;
  In x;
  // exp_minus reads m (outer, inner). deviation writes m (2, outer, inner), the mean and its rounding error;
  // if inner > 1, it reads an approximate mean and corrects it.
  State m = {};
  Out y, sum = {};  // sum (outer, inner), for exp_minus: before the logarithm
  Fold term;
  FoldEnd end;
  int64_t outer, n, inner;
  double scale, power;

  int64_t cost() const { return fold_cost(term, outer * n * inner, x.bytes); }
  double flops() const { return 3.0 * double(outer) * double(n) * double(inner); }
  std::string text() const { return fold_text(term, outer, n, inner); }
  bool operator==(const FoldFwd&) const = default;
};

// dx = c * term'(x), where c is dy times the derivative of the fold's end; 0 if y is a root of 0.
struct FoldBwd {
  static constexpr Kernel kernel = Kernel::fold_bwd;
  In x, m = {}, y, dy;  // y: for exp_minus the sum
  Out dx;
  Fold term;
  FoldEnd end;
  int64_t outer, n, inner;
  double scale, power;

  int64_t cost() const { return fold_cost(term, outer * n * inner, x.bytes); }
  double flops() const { return 3.0 * double(outer) * double(n) * double(inner); }
  std::string text() const { return fold_text(term, outer, n, inner); }
  bool operator==(const FoldBwd&) const = default;
};

}  // namespace nncore
