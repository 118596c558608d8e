#include "loss.h"

#include "../autograd/tape.h"
#include "../backend/backend.h"
#include "../backend/kernels/loss.h"
#include "../backend/kernels/softmax.h"
#include "composed/composed.h"
#include "elementwise.h"
#include "rows.h"

namespace nncore::ops {

namespace {

// Softmax, or its logarithm.
Tensor softmax_over(const char* op, bool log, const Tensor& x, int64_t axis) {
  float_only(op, "the input", x);
  const int at = normalize_axis(op, axis, x.ndim());
  if (x.ndim() > 0 && at != x.ndim() - 1)
    return axis_from_last(softmax_over(op, log, axis_last(x, at), -1), at);
  if (!runs<SoftmaxFwd, SoftmaxBwd>(x)) return log ? composed::log_softmax(x) : composed::softmax(x);
  const int64_t cols = x.ndim() > 0 ? x.size(-1) : 1, rows = cols ? x.numel() / cols : 0;
  Tensor y = empty_like(x);
  submit(SoftmaxFwd{.x = x, .y = y, .rows = rows, .cols = cols, .log = log});
  if (Tape tape{x})
    tape.record(op, y, [y = y.saved(), rows, cols, log](const Tensor& dy, InputGrads& dx) {
      dx[0] = empty_like(y);
      submit(SoftmaxBwd{.y = y, .dy = dy, .dx = dx[0], .rows = rows, .cols = cols, .log = log});
    });
  return y;
}

}  // namespace

Tensor softmax(const Tensor& x, int64_t axis) { return softmax_over("softmax", false, x, axis); }
Tensor log_softmax(const Tensor& x, int64_t axis) { return softmax_over("log_softmax", true, x, axis); }

namespace {

void check_weight(const char* op, const Tensor& weight, const Tensor& x, int64_t classes) {
  if (!weight.defined()) return;
  check(weight.ndim() == 1 && weight.size(0) == classes, op, ": weight has shape ", weight.shape(),
        " but there are ", classes, " classes");
  check<TypeError>(weight.dtype() == x.dtype(), op, ": weight is ", weight.dtype(), " but the input is ",
                   x.dtype());
  no_derivative(op, "the weight", weight);
}

// The gradient for target probabilities t. A row's loss is -sum_c w_c ((1 - s) t_c + s / classes)
// log_softmax(x)_c.
Tensor target_gradient(const Tensor& x, const Tensor& weight, double label_smoothing, LossReduction reduction,
                       int64_t rows, const Tensor& dy) {
  Tensor dt = multiply(log_softmax(x, -1), label_smoothing - 1);
  if (weight.defined()) dt = multiply(dt, weight);
  if (reduction == LossReduction::mean) dt = multiply(dt, 1 / double(rows));
  Shape column = dy.shape();
  if (reduction == LossReduction::none) column.push_back(1);
  return multiply(dt, reshape(dy, column));
}

// Cross-entropy of logits, or of log-probabilities.
Tensor class_loss(const char* op, bool logits, const Tensor& x, const Tensor& target, const Tensor& weight,
                  int64_t ignore_index, LossReduction reduction, double label_smoothing) {
  float_only(op, "the logits", x);
  check(x.ndim() > 0, op, ": logits need a class axis, got a 0-dimensional tensor");
  check(label_smoothing >= 0 && label_smoothing <= 1, op, ": label_smoothing is ", label_smoothing,
        " but must lie between 0 and 1");
  const bool probabilities = is_floating(target.dtype());
  const int axis = x.ndim() == 1 ? 0 : 1;
  const int64_t classes = x.shape()[axis];
  Shape rows_shape;
  for (int i = 0; i < x.ndim(); i++)
    if (i != axis) rows_shape.push_back(x.shape()[i]);
  if (probabilities) {
    check(target.shape() == x.shape(), op, ": target probabilities have shape ", target.shape(),
          " but logits have ", x.shape(), "; they must be equal (class indices would be int64)");
    if (const DType dtype = promote(x.dtype(), target.dtype()); x.dtype() != target.dtype())
      return class_loss(op, logits, cast(x, dtype), cast(target, dtype),
                        weight.defined() ? cast(weight, dtype) : weight, ignore_index, reduction,
                        label_smoothing);
  } else {
    check<TypeError>(target.dtype() != DType::boolean, op,
                     ": target is bool; expected class indices as int64, int32 or "
                     "uint8, or probabilities as ",
                     x.dtype());
    check(target.shape() == rows_shape, op, ": target has shape ", target.shape(), " but logits ", x.shape(),
          " need ", rows_shape, ", one class index per row");
  }
  check_weight(op, weight, x, classes);
  if (axis != x.ndim() - 1) {  // move the classes to the end
    const Tensor t = probabilities ? axis_last(target, axis) : target;
    Shape flat = {rows_shape.numel(), classes}, flat_target = flat;
    if (!probabilities) flat_target.pop_back();
    const Tensor loss = class_loss(op, logits, reshape(axis_last(x, axis), flat), reshape(t, flat_target),
                                   weight, ignore_index, reduction, label_smoothing);
    return reduction == LossReduction::none ? reshape(loss, rows_shape) : loss;
  }
  const int64_t rows = rows_shape.numel();
  check(rows > 0 || reduction != LossReduction::mean, op, ": the mean of an empty batch, logits ", x.shape(),
        ", is not defined");
  check(classes > 0 || rows == 0, op, ": logits ", x.shape(), " have no classes");
  if (!runs<CrossEntropyFwd, CrossEntropyBwd>(x))
    return composed::class_loss(logits, x, target, weight, ignore_index, reduction, label_smoothing);
  const Tensor stats = empty({2, rows}, x), share = empty({rows}, x), scale = empty({}, x);
  Tensor loss = empty(reduction == LossReduction::none ? rows_shape : Shape(), x);
  submit(CrossEntropyFwd{.x = x,
                         .target = target,
                         .weight = weight,
                         .stats = stats,
                         .share = share,
                         .loss = loss,
                         .scale = scale,
                         .rows = rows,
                         .cols = classes,
                         .ignore_index = ignore_index,
                         .label_smoothing = label_smoothing,
                         .probabilities = probabilities,
                         .logits = logits,
                         .reduction = reduction});
  if (Tape tape{x, probabilities ? target : Tensor()})
    tape.record(op, loss,
                [=, x = x.saved(), target = target.saved(),
                 weight = weight.defined() ? weight.saved() : weight](const Tensor& dy, InputGrads& d) {
                  if (d.needs(1)) d[1] = target_gradient(x, weight, label_smoothing, reduction, rows, dy);
                  if (!d.needs(0)) return;
                  d[0] = empty_like(x);
                  submit(CrossEntropyBwd{.x = x,
                                         .target = target,
                                         .weight = weight,
                                         .stats = stats,
                                         .share = share,
                                         .dy = dy,
                                         .scale = scale,
                                         .dx = d[0],
                                         .rows = rows,
                                         .cols = classes,
                                         .ignore_index = ignore_index,
                                         .label_smoothing = label_smoothing,
                                         .probabilities = probabilities,
                                         .logits = logits,
                                         .reduction = reduction});
                });
  return loss;
}

}  // namespace

Tensor cross_entropy(const Tensor& x, const Tensor& target, const Tensor& weight, int64_t ignore_index,
                     LossReduction reduction, double label_smoothing) {
  return class_loss("cross_entropy", true, x, target, weight, ignore_index, reduction, label_smoothing);
}

Tensor nll_loss(const Tensor& x, const Tensor& target, const Tensor& weight, int64_t ignore_index,
                LossReduction reduction) {
  check<TypeError>(!is_floating(target.dtype()), "nll_loss: target is ", target.dtype(),
                   "; expected class indices as int64, int32 or uint8");
  return class_loss("nll_loss", false, x, target, weight, ignore_index, reduction, 0);
}

Tensor multi_margin_loss(const Tensor& x, const Tensor& target, int p, double margin, const Tensor& weight,
                         LossReduction reduction) {
  constexpr const char* op = "multi_margin_loss";
  float_only(op, "the input", x);
  check(p == 1 || p == 2, op, ": p is ", p, "; expected 1 or 2");
  check((x.ndim() == 1 || x.ndim() == 2) && x.size(-1) > 0, op, ": the input has shape ", x.shape(),
        "; expected (N, C) or (C,)");
  Shape rows_shape = x.shape();
  rows_shape.pop_back();
  check(target.shape() == rows_shape, op, ": target has shape ", target.shape(), " but the input ", x.shape(),
        " needs ", rows_shape);
  check<TypeError>(!is_floating(target.dtype()) && target.dtype() != DType::boolean, op, ": target is ",
                   target.dtype(), "; expected class indices as int64, int32 or uint8");
  check_weight(op, weight, x, x.size(-1));
  check(reduction != LossReduction::mean || x.numel() > 0, op, ": the mean of an empty batch, shape ",
        x.shape(), ", is not defined");
  if (!runs<MultiMarginFwd, MultiMarginBwd>(x))
    return composed::multi_margin_loss(x, target, p, margin, weight, reduction);
  const int64_t rows = rows_shape.numel(), cols = x.size(-1);
  Tensor loss = empty(reduction == LossReduction::none ? rows_shape : Shape(), x);
  submit(MultiMarginFwd{.x = x,
                        .target = target,
                        .weight = weight,
                        .loss = loss,
                        .rows = rows,
                        .cols = cols,
                        .p = p,
                        .margin = margin,
                        .reduction = reduction});
  if (Tape tape{x})
    tape.record(op, loss,
                [=, x = x.saved(), target = target.saved(),
                 weight = weight.defined() ? weight.saved() : weight](const Tensor& dy, InputGrads& d) {
                  d[0] = empty_like(x);
                  submit(MultiMarginBwd{.x = x,
                                        .target = target,
                                        .weight = weight,
                                        .dy = dy,
                                        .dx = d[0],
                                        .rows = rows,
                                        .cols = cols,
                                        .p = p,
                                        .margin = margin,
                                        .reduction = reduction});
                });
  return loss;
}

Tensor ctc_loss(const Tensor& x, const Tensor& targets, const Tensor& input_lengths,
                const Tensor& target_lengths, int64_t blank, LossReduction reduction, bool zero_infinity) {
  constexpr const char* op = "ctc_loss";
  float_only(op, "log_probs", x);
  check(x.ndim() == 3, op, ": log_probs have shape ", x.shape(), "; expected (steps, batch, classes)");
  const int64_t steps = x.shape()[0], batch = x.shape()[1], classes = x.shape()[2];
  check(blank >= 0 && blank < classes, op, ": blank is ", blank, " but there are ", classes, " classes");
  for (const Tensor* t : {&targets, &input_lengths, &target_lengths})
    check<TypeError>(!is_floating(t->dtype()) && t->dtype() != DType::boolean, op,
                     ": targets and lengths must be int64, int32 or uint8, got ", t->dtype());
  for (const Tensor* t : {&input_lengths, &target_lengths})
    check(t->shape() == Shape{batch}, op, ": lengths have shape ", t->shape(), "; expected ", Shape{batch},
          ", one per sample");
  check(targets.ndim() == 1 || (targets.ndim() == 2 && targets.shape()[0] == batch), op,
        ": targets have shape ", targets.shape(), "; expected (", batch, ", longest) or their concatenation");
  check(reduction != LossReduction::mean || batch > 0, op, ": the mean of an empty batch is not defined");
  const int64_t width = targets.ndim() == 2 ? targets.shape()[1] : -1, count = targets.numel();
  // float64, because sums of logarithms grow with the steps and backward subtracts them.
  const Tensor alpha = empty({steps * (2 * count + batch)}, DType::float64, x);
  const Tensor nll = empty({batch}, DType::float64, x);
  Tensor loss = empty(reduction == LossReduction::none ? Shape{batch} : Shape(), x);
  submit(CtcFwd{.log_probs = x,
                .targets = targets,
                .input_lengths = input_lengths,
                .target_lengths = target_lengths,
                .alpha = alpha,
                .nll = nll,
                .loss = loss,
                .steps = steps,
                .batch = batch,
                .classes = classes,
                .width = width,
                .count = count,
                .blank = blank,
                .zero_infinity = zero_infinity,
                .reduction = reduction});
  if (Tape tape{x})
    tape.record(op, loss,
                [=, x = x.saved(), targets = targets.saved(), input_lengths = input_lengths.saved(),
                 target_lengths = target_lengths.saved()](const Tensor& dy, InputGrads& d) {
                  d[0] = empty_like(x);
                  submit(CtcBwd{.log_probs = x,
                                .targets = targets,
                                .input_lengths = input_lengths,
                                .target_lengths = target_lengths,
                                .alpha = alpha,
                                .nll = nll,
                                .dy = dy,
                                .dx = d[0],
                                .steps = steps,
                                .batch = batch,
                                .classes = classes,
                                .width = width,
                                .count = count,
                                .blank = blank,
                                .reduction = reduction});
                });
  return loss;
}

}  // namespace nncore::ops
