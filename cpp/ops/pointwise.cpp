#include "pointwise.h"

#include <array>

#include "../autograd/tape.h"
#include "../backend/backend.h"
#include "../backend/kernels/loss.h"
#include "composed/composed.h"
#include "create.h"
#include "reduce.h"
#include "rows.h"
#include "shape.h"

namespace nncore::ops {

namespace {

template <class... Ops>
constexpr std::array<int, sizeof...(Ops)> gradient_counts(OpList<Ops...>) {
  return {{Ops::gradients...}};
}

void check_operand(const char* op, const char* argument, const Tensor& t, const Tensor& a) {
  if (!t.defined()) return;
  check(t.shape() == a.shape(), op, ": input has shape ", a.shape(), " but ", argument, " has ", t.shape(),
        "; they must be equal, a loss does not broadcast");
  check<TypeError>(t.dtype() == a.dtype(), op, ": input is ", a.dtype(), " but ", argument, " is ", t.dtype(),
                   "; convert one of them with .to()");
}

using DTypes = std::array<bool, 2>;  // whether a loss takes a wider float target, and an integer target

DTypes target_types(int op) {
  using namespace losses;
  const auto is = [op]<class... Op>(OpList<Op...>) { return ((op == LossOps::index_of<Op>) || ...); };
  if (is(OpList<Bce, Huber>())) return {false, false};
  return {true, !is(OpList<BceWithLogits, KlDiv, KlDivLog>())};
}

// t in the dtype of the loss, if PyTorch converts it; otherwise t, which is refused later.
Tensor converted_operand(const Tensor& t, DType dtype, DTypes takes) {
  return t.defined() && takes[is_floating(t.dtype()) ? 0 : 1] ? cast(t, dtype) : t;
}

void check_not_empty(const char* op, const Tensor& x) {
  check(x.numel() > 0, op, ": the mean of an empty batch, shape ", x.shape(), ", is not defined");
}

Tensor run(int op, const char* name, const Tensor& a, const Tensor& b, const Tensor& c, const Tensor& w,
           bool summed, double scale, Scalars scalars) {
  static constexpr auto gradients = gradient_counts(LossOps());
  float_only(name, "the input", a);
  check_operand(name, "target", b, a);
  check_operand(name, "the third operand", c, a);
  check_operand(name, "weight", w, a);
  for (const double s : scalars) check_holds(name, a.dtype(), s);
  const Tensor* operands[3] = {&a, &b, &c};
  constexpr const char* names[3] = {"the input", "the target", "the third operand"};
  for (int k = gradients[op]; k < 3; k++) no_derivative(name, names[k], *operands[k]);
  no_derivative(name, "the weight", w);
  if (!runs<PointwiseLossFwd, PointwiseLossBwd>(a))
    return composed::pointwise_loss(op, name, a, b, c, w, summed, scale, scalars);
  Tensor y = empty(summed ? Shape() : a.shape(), a);
  submit(PointwiseLossFwd{.a = a,
                          .b = b,
                          .c = c,
                          .w = w,
                          .y = y,
                          .op = op,
                          .summed = summed,
                          .n = a.numel(),
                          .scale = scale,
                          .scalars = {scalars[0], scalars[1]}});
  const auto kept = [](const Tensor& t) { return t.defined() ? t.saved() : Tensor(); };
  if (Tape tape{a, b, c})
    tape.record(name, y,
                [=, a = a.saved(), b = kept(b), c = kept(c), w = kept(w)](const Tensor& dy, InputGrads& d) {
                  for (int k = 0; k < 3; k++)
                    if (d.needs(k)) d[k] = empty_like(a);
                  submit(PointwiseLossBwd{.a = a,
                                          .b = b,
                                          .c = c,
                                          .w = w,
                                          .dy = dy,
                                          .grad = {d[0], d[1], d[2]},
                                          .op = op,
                                          .summed = summed,
                                          .n = a.numel(),
                                          .scale = scale,
                                          .scalars = {scalars[0], scalars[1]}});
                });
  return y;
}

}  // namespace

Tensor pointwise_loss(int op, const char* name, const Tensor& a, const Tensor& b, const Tensor& c,
                      const Tensor& w, LossReduction reduction, Scalars scalars) {
  if (reduction == LossReduction::mean) check_not_empty(name, a);
  const DTypes takes = target_types(op);
  DType dtype = a.dtype();  // as in PyTorch, that of the widest float operand
  if (takes[0] && is_floating(dtype))
    for (const Tensor* t : {&b, &c})
      if (t->defined()) dtype = promote(dtype, t->dtype());
  return run(op, name, converted_operand(a, dtype, takes), converted_operand(b, dtype, takes),
             converted_operand(c, dtype, takes), w, reduction != LossReduction::none,
             reduction == LossReduction::mean ? 1.0 / double(a.numel()) : 1.0, scalars);
}

Tensor weighted(const char* name, const Tensor& each, const Tensor& weight, LossReduction reduction,
                bool over_sum) {
  check_operand(name, "weight", weight, each);
  const Tensor y = multiply(each, weight);
  if (reduction == LossReduction::none) return y;
  const Tensor total = sum(y, {}, false);
  if (reduction == LossReduction::sum) return total;
  check_not_empty(name, each);
  return over_sum ? divide(total, sum(weight, {}, false)) : multiply(total, 1.0 / double(each.numel()));
}

Tensor summed_loss(int op, const char* name, const Tensor& a, const Tensor& b, double scale) {
  return run(op, name, a, b, {}, {}, true, scale, {});
}

}  // namespace nncore::ops
