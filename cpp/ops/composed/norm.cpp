#include "../norm.h"

#include "../fold.h"
#include "../shape.h"
#include "composed.h"
#include "parts.h"

namespace nncore::ops::composed {

namespace {

// y weight + bias; either may be undefined
Tensor affine(Tensor y, const Tensor& weight, const Tensor& bias) {
  if (weight.defined()) y = multiply(y, weight);
  if (bias.defined()) y = add(y, bias);
  return y;
}
Tensor by_channel(const Tensor& t) { return t.defined() ? reshape(t, {t.numel(), 1}) : t; }

// d / sqrt(mean d^2 + eps)
Tensor to_unit_square(const Tensor& d, Axes axes, double eps) {
  return divide(d, root(add(mean(square(d), axes, true), eps)));
}

Tensor normalized(NormKind kind, const Tensor& rows, double eps) {
  if (kind == NormKind::layer) return to_unit_square(centered(rows, last_axis), last_axis, eps);
  if (kind == NormKind::rms) return to_unit_square(rows, last_axis, eps);
  const Tensor length = ops::norm(rows, 2, last_axis, true);
  return divide(rows, apply<formulas::Maximum>(length, number(eps, rows)));
}

// Updates the running statistics with those of the batch x (n, channels, inner).
void update(const KeptStatistics& kept, const Tensor& x, Axes axes, const Tensor& variance) {
  if (kept.batches.defined())
    assign_(kept.batches, add(kept.batches.detach(), whole_number(1, kept.batches)));
  if (!kept.mean.defined()) return;
  const Tensor factor = kept.momentum < 0
                            ? apply<formulas::Reciprocal>(cast(kept.batches.alias({}), x.dtype()))
                            : number(kept.momentum, x);
  const auto move = [&](const Tensor& t, const Tensor& now) {
    const Tensor before = multiply(t.detach(), apply<formulas::RsubScalar>(factor, {1}));
    assign_(t, add(before, multiply(reshape(now, t.shape()), factor)));
  };
  const double count = double(x.shape()[0] * x.shape()[2]);
  move(kept.mean, mean(x, axes, false));
  move(kept.variance, multiply(variance, count / (count - 1)));  // unbiased
}

}  // namespace

std::pair<Tensor, Tensor> norm_rows(NormKind kind, const Tensor& x, const Tensor& residual,
                                    const Shape& shape, const Tensor& weight, const Tensor& bias,
                                    double eps) {
  const Tensor sum = residual.defined() ? add(x, residual) : x;
  const int64_t cols = shape.numel(), rows = x.shape().span(0, x.ndim() - shape.ndim());
  const Tensor y = reshape(normalized(kind, reshape(sum, {rows, cols}), eps), x.shape());
  return {affine(y, weight, bias), residual.defined() ? sum : Tensor()};
}

Tensor group_norm(const Tensor& x, int64_t groups, const Tensor& weight, const Tensor& bias, double eps) {
  const int64_t n = x.shape()[0], channels = x.shape()[1], inner = x.shape().span(2, x.ndim());
  const Tensor rows = reshape(x, {n * groups, channels / groups * inner});
  const Tensor y = reshape(normalized(NormKind::layer, rows, eps), {n, channels, inner});
  return reshape(affine(y, by_channel(weight), by_channel(bias)), x.shape());
}

Tensor batch_norm(const Tensor& input, const KeptStatistics& kept, const Tensor& weight, const Tensor& bias,
                  bool training, double eps) {
  const Shape& s = input.shape();
  const Tensor x = reshape(input, {s[0], s[1], s.span(2, s.ndim())});
  Tensor y;
  if (training) {
    constexpr int64_t axes[] = {0, 2};
    const Tensor d = centered(x, axes);
    y = to_unit_square(d, axes, eps);
    update(kept, x.detach(), axes, mean(square(d.detach()), axes, false));
  } else {
    const Tensor d = subtract(x, by_channel(kept.mean.detach()));
    y = divide(d, root(add(by_channel(kept.variance.detach()), eps)));
  }
  return reshape(affine(y, by_channel(weight), by_channel(bias)), s);
}

// x (k + alpha * sum of x^2 over `size` neighbouring channels)^-beta
Tensor response_norm(const Tensor& x, int64_t size, double alpha, double beta, double k) {
  if (x.numel() == 0) return clone(x);
  const int64_t n = x.shape()[0], channels = x.shape()[1], inner = x.shape().span(2, x.ndim());
  const int64_t before = std::min(size / 2, channels - 1), after = std::min((size - 1) / 2, channels - 1);
  const int64_t widths[] = {0, 0, before, after};
  const Tensor squares = pad_constant(square(reshape(x, {n, channels, inner})), widths, 0);
  Tensor s;
  for (int64_t first = 0; first <= before + after; first++) {
    const Slice part[] = {{0, 1, n}, {first, 1, channels}, {0, 1, inner}};
    const Tensor neighbour = slice(squares, part);
    s = s.defined() ? add(s, neighbour) : neighbour;
  }
  const Tensor factor = apply<formulas::PowScalar>(add(multiply(s, alpha), k), {-beta});
  return multiply(x, reshape(factor, x.shape()));
}

}  // namespace nncore::ops::composed
