#include "derived.h"

#include <algorithm>
#include <cmath>

#include "arrange.h"
#include "elementwise.h"
#include "shape.h"

namespace nncore::ops {

namespace {

Tensor add_scaled(const Tensor& x, const Tensor& y, double value) {
  return add(x, value == 1 ? y : multiply(y, value));
}

}  // namespace

Tensor prelu(const Tensor& x, const Tensor& weight) {
  check<TypeError>(is_floating(x.dtype()) && weight.dtype() == x.dtype(), "prelu: input is ", x.dtype(),
                   " and weight ", weight.dtype(), "; expected floats of one dtype");
  if (weight.numel() == 1) return apply<formulas::Prelu>(x, reshape(weight, {}));
  const int64_t channels = x.ndim() == 0 ? 1 : x.shape()[x.ndim() > 1];
  check(weight.ndim() == 1 && weight.numel() == channels, "prelu: weight has shape ", weight.shape(),
        "; expected one value, or one per channel for the ", channels, " channels of ", x.shape());
  Shape shape = weight.shape();
  for (int i = 2; i < x.ndim(); i++) shape.push_back(1);
  return apply<formulas::Prelu>(x, reshape(weight, shape));
}

Tensor glu(const Tensor& x, int64_t dim) {
  const int at = normalize_axis("glu", dim, x.ndim());
  check(x.ndim() > 0 && x.shape()[at] % 2 == 0, "glu: axis ", at, " of ", x.shape(),
        " must have an even size");
  const auto halves = split(x, std::max<int64_t>(1, x.shape()[at] / 2), at);
  if (halves.size() == 1) return halves[0];
  return multiply(halves[0], apply<formulas::Sigmoid>(halves[1]));
}

Tensor lerp(const Tensor& start, const Tensor& end, const Tensor& weight) {
  return add(start, multiply(apply<formulas::Sub>(end, start), weight));
}

Tensor lerp(const Tensor& start, const Tensor& end, double weight) {
  return add(start, multiply(apply<formulas::Sub>(end, start), weight));
}

Tensor round_to(const Tensor& x, int64_t decimals) {
  if (!is_floating(x.dtype()) && decimals >= 0) return apply<formulas::Round>(x);
  check(decimals >= -300 && decimals <= 300, "round: decimals is ", decimals, " but must lie in -300..300");
  const double scale = std::pow(10, std::abs(decimals));
  const auto times = [&](const Tensor& t) { return multiply(t, scale); };
  const auto over = [&](const Tensor& t) { return apply<formulas::DivScalar>(t, {scale}); };
  if (decimals < 0) return times(apply<formulas::Round>(over(x)));
  return over(apply<formulas::Round>(times(x)));
}

Tensor addcmul(const Tensor& x, const Tensor& a, const Tensor& b, double value) {
  return add_scaled(x, multiply(a, b), value);
}

Tensor addcdiv(const Tensor& x, const Tensor& a, const Tensor& b, double value) {
  return add_scaled(x, divide(a, b), value);
}

}  // namespace nncore::ops
