#include "../fold.h"

#include <algorithm>

#include "../axes.h"
#include "../shape.h"
#include "composed.h"
#include "parts.h"

namespace nncore::ops::composed {

namespace {

// The number of elements that each result combines.
int64_t count_along(const char* op, const Tensor& x, Axes axes) {
  const AxisMarks gone = marked(op, x, axes);
  int64_t count = 1;
  for (int i = 0; i < x.ndim(); i++) count *= gone[i] ? x.shape()[i] : 1;
  return count;
}

}  // namespace

// sum (x - mean)^2 / max(0, n - correction), or its root
Tensor variance(const Tensor& x, Axes axes, double correction, bool keepdim, bool is_root) {
  const double count = double(count_along("var", x, axes));
  const Tensor squares = sum(square(centered(x, axes)), axes, keepdim);
  const Tensor y = multiply(squares, 1 / std::max(0.0, count - correction));
  return is_root ? except_at_zero(y, 0, root) : y;
}

// log sum e^x; subtracts the largest x first, unless it is infinite
Tensor logsumexp(const Tensor& x, Axes axes, bool keepdim) {
  constexpr const char* op = "logsumexp";
  if (count_along(op, x, axes) == 0) return add(sum(x, axes, keepdim), -infinity);
  const Tensor top = extreme_over(op, x.detach(), true, axes, true);
  const Tensor shift = where(test<formulas::IsFinite>(top, top), top, number(0, x));
  const Tensor total = sum(apply<formulas::Exp>(subtract(x, shift)), axes, true);
  const Tensor y =
      add(except_at_zero(total, -infinity, [](const Tensor& t) { return apply<formulas::Log>(t); }), shift);
  return reshape(y, without(x.shape(), marked(op, x, axes), keepdim));
}

// (sum |x|^p)^(1/p)
Tensor norm(const Tensor& x, double p, Axes axes, bool keepdim) {
  if (p == 1) return sum(apply<formulas::Abs>(x), axes, keepdim);
  if (p == 2) return except_at_zero(sum(square(x), axes, keepdim), 0, root);
  const auto power = [at_zero = p > 0 ? 0 : infinity](const Tensor& t, double exponent) {
    return except_at_zero(t, at_zero,
                          [=](const Tensor& u) { return apply<formulas::PowScalar>(u, {exponent}); });
  };
  return power(sum(power(apply<formulas::Abs>(x), p), axes, keepdim), 1 / p);
}

}  // namespace nncore::ops::composed
