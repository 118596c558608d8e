// Gradients of prod and cumprod. They are correct even if some elements are 0.
#include "../arrange.h"
#include "../scan.h"
#include "../shape.h"
#include "composed.h"
#include "parts.h"

namespace nncore::ops::composed {

namespace {

constexpr int64_t middle[] = {1};

Tensor flipped(const Tensor& x) { return flip(x, middle); }

// For each element: the product of the elements before it along the middle axis.
Tensor product_before(const Tensor& x) {
  const int64_t sizes[] = {x.size(1) - 1, 1};
  const Tensor shifted[] = {full_like({x.size(0), 1, x.size(2)}, 1, x), split(x, sizes, 1)[0]};
  return cumprod(cat(shifted, 1), 1);
}

}  // namespace

// dx_i = dy * product of x_j for j != i
Tensor prod_gradient(const Tensor& x, const Tensor& dy) {
  if (x.numel() == 0) return zeros(x.shape(), x);
  return multiply(dy, multiply(product_before(x), flipped(product_before(flipped(x)))));
}

// dx_i = sum over k >= i of dy_k * product of x_j for j <= k, j != i. Before the first 0 this is the sum of
// dy_k y_k / x_i. At the first 0 it is the sum of dy_k times the products that leave this 0 out. After the
// first 0 it is 0.
Tensor cumprod_gradient(const Tensor& x, const Tensor& y, const Tensor& dy, int64_t axis) {
  const auto sum_from = [&](const Tensor& t) {
    const List axes(&axis, 1);
    return flip(cumsum(flip(t, axes), axis), axes);
  };
  const Tensor zero = is_zero(x), zeros_so_far = cumsum(cast(zero, DType::int64), axis);
  const Tensor before = test<formulas::Eq>(zeros_so_far, whole_number(0, x)),
               first = test<formulas::LogicalAnd>(zero, test<formulas::Eq>(zeros_so_far, whole_number(1, x)));
  const Tensor without_first = cumprod(ops::masked_fill(x, first, {1, 1}), axis);
  const Tensor at_first = where(first, sum_from(multiply(dy, without_first)), number(0, x));
  return where(before, divide(sum_from(multiply(dy, y)), x), at_first);
}

}  // namespace nncore::ops::composed
