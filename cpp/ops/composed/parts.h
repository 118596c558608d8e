// Expressions that compositions share.
#pragma once
#include <limits>
#include <span>

#include "../create.h"
#include "../elementwise.h"
#include "../index.h"
#include "../reduce.h"

namespace nncore::ops::composed {

using Axes = std::span<const int64_t>;
inline constexpr double infinity = std::numeric_limits<double>::infinity();
inline constexpr int64_t last_axis[] = {-1};

inline Tensor subtract(const Tensor& a, const Tensor& b) { return apply<formulas::Sub>(a, b); }
using ops::add;
inline Tensor add(const Tensor& a, double s) { return apply<formulas::AddScalar>(a, {s}); }
inline Tensor square(const Tensor& x) { return apply<formulas::Square>(x); }
inline Tensor root(const Tensor& x) { return apply<formulas::Sqrt>(x); }

// Constants on the device of `like`.
inline Tensor full_like(const Shape& shape, double value, const Tensor& like) {
  return full(shape, value, like.dtype(), like.device());
}
inline Tensor number(double value, const Tensor& like) { return full_like({}, value, like); }
inline Tensor whole_numbers(const Shape& shape, int64_t value, const Tensor& like) {
  return full_integer(shape, value, DType::int64, like.device());
}
inline Tensor whole_number(int64_t value, const Tensor& like) { return whole_numbers({}, value, like); }
// first, first + step, ... before `end`
inline Tensor range(int64_t first, int64_t end, const Tensor& like, int64_t step = 1) {
  return arange_integer(first, end, step, DType::int64, like.device());
}

template <class Test>
Tensor test(const Tensor& a, const Tensor& b) {
  return compare(CompareOps::index_of<Test>, a, b);
}
inline Tensor is_zero(const Tensor& x) { return test<formulas::Eq>(x, number(0, x)); }

// f(x), but `value`, without a gradient, where x is 0.
template <class F>
Tensor except_at_zero(const Tensor& x, double value, F f) {
  const Tensor zero = is_zero(x);
  return ops::masked_fill(f(ops::masked_fill(x, zero, {1, 1})), zero, {value, 0});
}

// x minus its mean. The second mean removes the rounding error of the first.
inline Tensor centered(const Tensor& x, Axes axes) {
  const Tensor d = subtract(x, mean(x, axes, true));
  return subtract(d, mean(d, axes, true));
}

}  // namespace nncore::ops::composed
