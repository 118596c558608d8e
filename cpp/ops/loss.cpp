#include "loss.h"

#include <array>
#include <numeric>

#include "../autograd/tape.h"
#include "../backend/backend.h"
#include "cost.h"
#include "elementwise.h"
#include "shape.h"

namespace nncore::ops {

namespace {

void float_only(const char* op, const char* argument, const Tensor& x) {
  check<TypeError>(is_floating(x.dtype()), op, ": ", argument, " is ", x.dtype(),
                   "; expected float32 or float64, convert with .float() or .double()");
}

// The given axis moved to the end, and back.
Tensor axis_last(const Tensor& x, int axis) {
  std::array<int64_t, Shape::max_ndim> order;
  std::iota(order.begin(), order.end(), 0);
  std::rotate(order.begin() + axis, order.begin() + axis + 1, order.begin() + x.ndim());
  return permute(x, std::span(order).first(x.ndim()));
}
Tensor axis_from_last(const Tensor& x, int axis) {
  std::array<int64_t, Shape::max_ndim> order;
  std::iota(order.begin(), order.end(), 0);
  std::rotate(order.begin() + axis, order.begin() + x.ndim() - 1, order.begin() + x.ndim());
  return permute(x, std::span(order).first(x.ndim()));
}

// variant 0: softmax, 1: log_softmax
Tensor softmax_over(const char* op, int variant, const Tensor& x, int64_t axis) {
  float_only(op, "the input", x);
  const int at = normalize_axis(op, axis, x.ndim());
  if (x.ndim() > 0 && at != x.ndim() - 1)
    return axis_from_last(softmax_over(op, variant, axis_last(x, at), -1), at);
  const int64_t cols = x.ndim() > 0 ? x.size(-1) : 1;
  const RowAttrs attrs = {cols ? x.numel() / cols : 0, cols, variant};
  Tensor y = empty_like(x);
  submit(Call(Kernel::softmax_fwd, element_cost(2 * x.numel()), attrs, in(x), out(y)));
  if (Tape tape{x})
    tape.record(op, y, [y = y.detach(), attrs](const Tensor& dy, InputGrads& dx) {
      dx[0] = empty_like(y);
      submit(Call(Kernel::softmax_bwd, element_cost(y.numel()), attrs, in(y), in(dy), out(dx[0])));
    });
  return y;
}

}  // namespace

Tensor softmax(const Tensor& x, int64_t axis) { return softmax_over("softmax", 0, x, axis); }
Tensor log_softmax(const Tensor& x, int64_t axis) { return softmax_over("log_softmax", 1, x, axis); }

namespace {

// Cross-entropy of logits, or of log-probabilities.
Tensor class_loss(const char* op, bool logits, const Tensor& x, const Tensor& target, const Tensor& weight,
                  int64_t ignore_index, LossReduction reduction, double label_smoothing) {
  float_only(op, "the logits", x);
  check(x.ndim() > 0, op, ": logits need a class axis, got a tensor without axes");
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
    check<TypeError>(target.dtype() == x.dtype(), op, ": target probabilities are ", target.dtype(),
                     " but logits are ", x.dtype());
  } else {
    check<TypeError>(target.dtype() != DType::boolean, op,
                     ": target is bool; expected class indices as int64, int32 or "
                     "uint8, or probabilities as ",
                     x.dtype());
    check(target.shape() == rows_shape, op, ": target has shape ", target.shape(), " but logits ", x.shape(),
          " need ", rows_shape, ", one class index for each row");
  }
  if (weight.defined()) {
    check(weight.ndim() == 1 && weight.size(0) == classes, op, ": weight has shape ", weight.shape(),
          " but there are ", classes, " classes");
    check<TypeError>(weight.dtype() == x.dtype(), op, ": weight is ", weight.dtype(), " but logits are ",
                     x.dtype());
  }
  if (axis != x.ndim() - 1) {  // classes last
    const Tensor t = probabilities ? axis_last(target, axis) : target;
    Shape flat = {rows_shape.numel(), classes}, flat_target = flat;
    if (!probabilities) flat_target.pop_back();
    const Tensor loss = class_loss(op, logits, reshape(axis_last(x, axis), flat), reshape(t, flat_target),
                                   weight, ignore_index, reduction, label_smoothing);
    return reduction == LossReduction::none ? reshape(loss, rows_shape) : loss;
  }
  const CrossEntropyAttrs attrs = {rows_shape.numel(), classes, ignore_index, label_smoothing,
                                   probabilities,      logits,  reduction};
  check(attrs.rows > 0 || reduction != LossReduction::mean, op, ": the mean of an empty batch, logits ",
        x.shape(), ", is not defined");
  check(classes > 0 || attrs.rows == 0, op, ": logits ", x.shape(), " have no classes");
  const Tensor lse = empty({attrs.rows}, x.dtype()), share = empty({attrs.rows}, x.dtype()),
               scale = empty({}, x.dtype());
  Tensor loss = empty(reduction == LossReduction::none ? rows_shape : Shape(), x.dtype());
  const int64_t cost = element_cost(2 * x.numel());
  submit(Call(Kernel::cross_entropy_fwd, cost, attrs, in(x), in(target), in(weight), out(lse), out(share),
              out(loss), out(scale)));
  if (Tape tape{x})
    tape.record(op, loss, [=, x = x.detach(), target = target.detach()](const Tensor& dy, InputGrads& dx) {
      dx[0] = empty_like(x);
      submit(Call(Kernel::cross_entropy_bwd, cost, attrs, in(x), in(target), in(weight), in(lse), in(share),
                  in(dy), in(scale), out(dx[0])));
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

Tensor squared_error(const char* op, const Tensor& x, const Tensor& t, double scale) {
  float_only(op, "the input", x);
  check(x.shape() == t.shape(), op, ": input has shape ", x.shape(), " but target has ", t.shape(),
        "; they must be equal, a loss does not broadcast");
  check<TypeError>(x.dtype() == t.dtype(), op, ": input is ", x.dtype(), " but target is ", t.dtype(),
                   "; convert one of them with .to()");
  const SquaredErrorAttrs attrs = {x.numel(), scale};
  const int64_t cost = byte_cost(int64_t(2 * x.bytes()));
  Tensor loss = empty({}, x.dtype());
  submit(Call(Kernel::squared_error_fwd, cost, attrs, in(x), in(t), out(loss)));
  if (Tape tape{x, t})
    tape.record(op, loss, [=, x = x.detach(), t = t.detach()](const Tensor& dy, InputGrads& d) {
      for (int i = 0; i < 2; i++) {
        if (!d.needs(i)) continue;
        d[i] = empty_like(x);
        submit(Call(Kernel::squared_error_bwd, cost, attrs, in(i ? t : x), in(i ? x : t), in(dy), out(d[i])));
      }
    });
  return loss;
}

}  // namespace nncore::ops
