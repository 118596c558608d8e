#include "norm.h"

#include <array>

#include "../autograd/tape.h"
#include "../backend/backend.h"
#include "../backend/kernels/norm.h"
#include "composed/composed.h"
#include "rows.h"

namespace nncore::ops {

namespace {

void check_affine(const char* op, const char* name, const Tensor& t, const Tensor& x, const Shape& shape) {
  if (!t.defined()) return;
  check(t.shape() == shape, op, ": ", name, " has shape ", t.shape(), "; expected ", shape);
  check<TypeError>(t.dtype() == x.dtype(), op, ": ", name, " is ", t.dtype(), " but the input is ", x.dtype(),
                   "; convert one of them with .to()");
}

// y and x + residual (undefined without a residual).
std::pair<Tensor, Tensor> norm_rows(const char* op, NormKind kind, const Tensor& x, const Tensor& residual,
                                    const Shape& shape, const Tensor& weight, const Tensor& bias,
                                    double eps) {
  float_only(op, "the input", x);
  const int lead = x.ndim() - shape.ndim();
  check(shape.ndim() > 0 && lead >= 0 && std::equal(shape.begin(), shape.end(), x.shape().begin() + lead), op,
        ": normalized_shape is ", shape, " but the input has shape ", x.shape(), "; its last axes must be ",
        shape);
  check_affine(op, "weight", weight, x, shape);
  check_affine(op, "bias", bias, x, shape);
  if (residual.defined()) check_affine(op, "residual", residual, x, x.shape());
  if (!runs<NormFwd, NormBwd>(x)) return composed::norm_rows(kind, x, residual, shape, weight, bias, eps);
  const int64_t rows = x.shape().span(0, lead), cols = shape.numel();
  const Tensor stats = empty({3, rows}, x);
  Tensor ys[2] = {empty_like(x), residual.defined() ? empty_like(x) : Tensor()};
  submit(NormFwd{.x = x,
                 .residual = residual,
                 .weight = weight,
                 .bias = bias,
                 .sum = ys[1],
                 .y = ys[0],
                 .stats = stats,
                 .kind = kind,
                 .rows = rows,
                 .cols = cols,
                 .eps = eps});
  if (Tape tape{x, residual, weight, bias})
    tape.record(op, std::span<Tensor>(ys, residual.defined() ? 2 : 1),
                [=, x = (residual.defined() ? ys[1] : x).saved(),
                 w = weight.defined() ? weight.saved(x.requires_grad()) : Tensor()](
                    std::span<const Tensor> dys, InputGrads& d) {
                  const Tensor &dy = dys[0], dsum = dys.size() > 1 ? dys[1] : Tensor();
                  if (!dy.defined()) return void(d[0] = d[1] = dsum);
                  Tensor dx = d.needs(0) || d.needs(1) ? empty_like(x) : Tensor();
                  if (d.needs(2)) d[2] = empty(shape, x);
                  if (d.needs(3)) d[3] = empty(shape, x);
                  submit(NormBwd{.x = x,
                                 .weight = w,
                                 .stats = stats,
                                 .dy = dy,
                                 .dsum = dsum,
                                 .dx = dx,
                                 .dweight = d[2],
                                 .dbias = d[3],
                                 .kind = kind,
                                 .rows = rows,
                                 .cols = cols,
                                 .eps = eps});
                  if (d.needs(0)) d[0] = dx;
                  if (d.needs(1)) d[1] = dx;
                });
  return {ys[0], ys[1]};
}

}  // namespace

Tensor layer_norm(const Tensor& x, const Shape& shape, const Tensor& weight, const Tensor& bias, double eps) {
  return norm_rows("layer_norm", NormKind::layer, x, {}, shape, weight, bias, eps).first;
}

Tensor rms_norm(const Tensor& x, const Shape& shape, const Tensor& weight, double eps) {
  return norm_rows("rms_norm", NormKind::rms, x, {}, shape, weight, {}, eps).first;
}

std::pair<Tensor, Tensor> add_layer_norm(const Tensor& x, const Tensor& residual, const Shape& shape,
                                         const Tensor& weight, const Tensor& bias, double eps) {
  return norm_rows("add_layer_norm", NormKind::layer, x, residual, shape, weight, bias, eps);
}

Tensor l2_normalize(const Tensor& x, int64_t axis, double eps) {
  const int at = normalize_axis("normalize", axis, x.ndim());
  if (x.ndim() == 0) return reshape(l2_normalize(reshape(x, {1}), 0, eps), {});
  const bool last = at == x.ndim() - 1;
  const Tensor rows = last ? x : axis_last(x, at);
  const Tensor y = norm_rows("normalize", NormKind::l2, rows, {}, {rows.size(-1)}, {}, {}, eps).first;
  return last ? y : axis_from_last(y, at);
}

Tensor group_norm(const char* op, const Tensor& x, int64_t groups, const Tensor& weight, const Tensor& bias,
                  double eps) {
  float_only(op, "the input", x);
  check(x.ndim() >= 2, op, ": the input has shape ", x.shape(), "; expected (N, C, ...)");
  const int64_t n = x.shape()[0], channels = x.shape()[1];
  check(groups > 0 && channels % groups == 0, op, ": ", channels, " channels, of an input of shape ",
        x.shape(), ", do not divide into ", groups, " groups");
  check_affine(op, "weight", weight, x, {channels});
  check_affine(op, "bias", bias, x, {channels});
  if (!runs<GroupNormFwd, GroupNormBwd>(x)) return composed::group_norm(x, groups, weight, bias, eps);
  const int64_t of_group = channels / groups, inner = x.shape().span(2, x.ndim());
  const Tensor stats = empty({3, n * groups}, x);
  Tensor y = empty_like(x);
  submit(GroupNormFwd{.x = x,
                      .weight = weight,
                      .bias = bias,
                      .y = y,
                      .stats = stats,
                      .n = n,
                      .groups = groups,
                      .channels = of_group,
                      .inner = inner,
                      .eps = eps});
  if (Tape tape{x, weight, bias})
    tape.record(op, y,
                [=, x = x.saved(), w = weight.defined() ? weight.saved(x.requires_grad()) : Tensor()](
                    const Tensor& dy, InputGrads& d) {
                  if (d.needs(0)) d[0] = empty_like(x);
                  for (int i : {1, 2})
                    if (d.needs(i)) d[i] = empty({x.shape()[1]}, x);
                  submit(GroupNormBwd{.x = x,
                                      .weight = w,
                                      .stats = stats,
                                      .dy = dy,
                                      .dx = d[0],
                                      .dweight = d[1],
                                      .dbias = d[2],
                                      .n = n,
                                      .groups = groups,
                                      .channels = of_group,
                                      .inner = inner});
                });
  return y;
}

Tensor batch_norm(const Tensor& x, const KeptStatistics& kept, const Tensor& weight, const Tensor& bias,
                  bool training, double eps) {
  constexpr const char* op = "batch_norm";
  float_only(op, "the input", x);
  check(x.ndim() >= 2, op, ": the input has shape ", x.shape(), "; expected (N, C, ...)");
  const int64_t channels = x.shape()[1], count = channels ? x.numel() / channels : 0;
  check_affine(op, "weight", weight, x, {channels});
  check_affine(op, "bias", bias, x, {channels});
  check_affine(op, "running_mean", kept.mean, x, {channels});
  check_affine(op, "running_var", kept.variance, x, {channels});
  check(kept.mean.defined() == kept.variance.defined(), op,
        ": give both running_mean and running_var, or neither");
  check(training || kept.mean.defined(), op,
        ": evaluation needs running_mean and running_var; give them or pass training=True");
  check(kept.momentum <= 1, op, ": momentum is ", kept.momentum, " but must lie between 0 and 1");
  if (kept.batches.defined())
    check<TypeError>(kept.batches.dtype() == DType::int64 && kept.batches.numel() == 1, op,
                     ": num_batches_tracked must be one int64 number, got ", kept.batches.dtype(),
                     " of shape ", kept.batches.shape());
  check(kept.batches.defined() || kept.momentum >= 0 || !kept.mean.defined(), op,
        ": momentum None needs num_batches_tracked");
  check(!training || count != 1, op, ": an input of shape ", x.shape(),
        " has one value per channel, whose variance is 0; training needs at least two");
  if (x.numel() == 0) return x;
  if (!runs<BatchNormFwd, BatchNormBwd>(x)) return composed::batch_norm(x, kept, weight, bias, training, eps);
  const int64_t n = x.shape()[0], inner = x.shape().span(2, x.ndim());
  const Tensor stats = empty({3, channels}, x);
  Tensor y = empty_like(x);
  const auto state = [&](const Tensor& t) { return training ? State(Out(t)) : State(In(t)); };
  submit(BatchNormFwd{.x = x,
                      .weight = weight,
                      .bias = bias,
                      .mean = state(kept.mean),
                      .variance = state(kept.variance),
                      .batches = state(kept.batches),
                      .y = y,
                      .stats = stats,
                      .n = n,
                      .channels = channels,
                      .inner = inner,
                      .training = training,
                      .eps = eps,
                      .momentum = kept.momentum});
  if (Tape tape{x, weight, bias})
    tape.record(op, y,
                [=, x = x.saved(), w = weight.defined() ? weight.saved(x.requires_grad()) : weight](
                    const Tensor& dy, InputGrads& d) {
                  if (d.needs(0)) d[0] = empty_like(x);
                  for (int i : {1, 2})
                    if (d.needs(i)) d[i] = empty({channels}, x);
                  submit(BatchNormBwd{.x = x,
                                      .weight = w,
                                      .stats = stats,
                                      .dy = dy,
                                      .dx = d[0],
                                      .dweight = d[1],
                                      .dbias = d[2],
                                      .n = n,
                                      .channels = channels,
                                      .inner = inner,
                                      .training = training});
                });
  return y;
}

Tensor response_norm(const Tensor& x, int64_t size, double alpha, double beta, double k) {
  constexpr const char* op = "local_response_norm";
  float_only(op, "the input", x);
  check(x.ndim() >= 3, op, ": the input has shape ", x.shape(), "; expected (N, C, ...) with 3 axes or more");
  check(size > 0, op, ": size is ", size, " but must be at least 1");
  if (!runs<ResponseNormFwd, ResponseNormBwd>(x)) return composed::response_norm(x, size, alpha, beta, k);
  const int64_t n = x.shape()[0], channels = x.shape()[1], inner = x.shape().span(2, x.ndim());
  const Tensor s = empty_like(x);
  Tensor y = empty_like(x);
  submit(ResponseNormFwd{.x = x,
                         .s = s,
                         .y = y,
                         .n = n,
                         .channels = channels,
                         .inner = inner,
                         .size = size,
                         .alpha = alpha,
                         .beta = beta,
                         .k = k});
  if (Tape tape{x})
    tape.record(op, y, [=, x = x.saved(), y = y.saved()](const Tensor& dy, InputGrads& d) {
      d[0] = empty_like(x);
      submit(ResponseNormBwd{.x = x,
                             .s = s,
                             .y = y,
                             .dy = dy,
                             .dx = d[0],
                             .n = n,
                             .channels = channels,
                             .inner = inner,
                             .size = size,
                             .alpha = alpha,
                             .beta = beta});
    });
  return y;
}

}  // namespace nncore::ops
