#include "../loss.h"

#include <limits>

#include "../shape.h"
#include "composed.h"
#include "parts.h"

namespace nncore::ops::composed {

namespace {

// x minus its largest element, so that no exponential overflows; softmax stays the same.
Tensor below_largest(const Tensor& x) {
  return subtract(x, extreme_over("softmax", x.detach(), true, last_axis, true));
}

Tensor reduced(const Tensor& each, LossReduction reduction, const Tensor& count) {
  if (reduction == LossReduction::none) return each;
  const Tensor total = sum(each, {}, false);
  return reduction == LossReduction::mean ? divide(total, count) : total;
}

// The element of each row at its label: x (..., classes), label (...).
Tensor at_label(const Tensor& x, const Tensor& label) {
  return squeeze(gather(x, -1, unsqueeze(label, -1)), last_axis);
}

// q l, and 0 if q is 0, even for an infinite l.
Tensor weighed(const Tensor& q, const Tensor& l) {
  const Tensor unused = test<formulas::LogicalAnd>(is_zero(q), test<formulas::IsInf>(l, l));
  return multiply(q, ops::masked_fill(l, unused, {0, 0}));
}

// -sum_c w_c ((1 - s) q_c + s / classes) log p_c for target probabilities q
Tensor against_probabilities(const Tensor& log_p, const Tensor& target, const Tensor& weight,
                             LossReduction reduction, double smoothing) {
  Tensor q = add(multiply(target, 1 - smoothing), smoothing / double(log_p.size(-1)));
  if (weight.defined()) q = multiply(q, weight);
  const Tensor each = multiply(sum(weighed(q, log_p), last_axis, false), -1);
  return reduced(each, reduction, number(double(each.numel()), each));
}

// The same with q_c = 1 at the label and 0 elsewhere. The loss of a row with an ignored label is 0. If all
// rows are ignored, the mean is NaN, because the host cannot check for it.
Tensor against_labels(const Tensor& log_p, const Tensor& target, const Tensor& weight, int64_t ignore_index,
                      LossReduction reduction, double smoothing) {
  const Tensor label = cast(target, DType::int64),
               ignored = test<formulas::Eq>(label, whole_number(ignore_index, label)),
               index = ops::masked_fill(label, ignored, {0, 0});
  const Tensor each_weight = weight.defined() ? take_axis("cross_entropy", weight, 0, index, false)
                                              : full_like(index.shape(), 1, log_p);
  const Tensor kept_weight = ops::masked_fill(each_weight, ignored, {0, 0});
  Tensor each = weighed(multiply(kept_weight, smoothing - 1), at_label(log_p, index));
  if (smoothing > 0) {
    const Tensor q =
        multiply(weight.defined() ? weight : number(1, log_p), -smoothing / double(log_p.size(-1)));
    each = add(each, sum(weighed(q, log_p), last_axis, false));
  }
  return reduced(ops::masked_fill(each, ignored, {0, 0}), reduction, sum(kept_weight, {}, false));
}

}  // namespace

// e^x / sum e^x
Tensor softmax(const Tensor& x) {
  if (x.numel() == 0) return clone(x);
  const Tensor e = apply<formulas::Exp>(below_largest(x));
  return divide(e, sum(e, last_axis, true));
}

// x - log sum e^x
Tensor log_softmax(const Tensor& x) {
  if (x.numel() == 0) return clone(x);
  const Tensor d = below_largest(x);
  return subtract(d, apply<formulas::Log>(sum(apply<formulas::Exp>(d), last_axis, true)));
}

Tensor class_loss(bool logits, const Tensor& x, const Tensor& target, const Tensor& weight,
                  int64_t ignore_index, LossReduction reduction, double label_smoothing) {
  const Tensor log_p = logits ? ops::log_softmax(x, -1) : x;
  if (is_floating(target.dtype()))
    return against_probabilities(log_p, target, weight, reduction, label_smoothing);
  return against_labels(log_p, target, weight, ignore_index, reduction, label_smoothing);
}

// w_t / classes * sum over c != t of max(0, margin - x_t + x_c)^p
Tensor multi_margin_loss(const Tensor& x, const Tensor& target, int p, double margin, const Tensor& weight,
                         LossReduction reduction) {
  const int64_t classes = x.size(-1);
  const Tensor label = cast(target, DType::int64), column = unsqueeze(label, -1);
  const Tensor is_label = test<formulas::Eq>(column, range(0, classes, label));
  const Tensor excess = add(subtract(x, gather(x, -1, column)), margin);
  const Tensor z = apply<formulas::Relu>(ops::masked_fill(excess, is_label, {0, 0}));
  Tensor each = multiply(sum(p == 1 ? z : square(z), last_axis, false), 1 / double(classes));
  if (weight.defined()) each = multiply(each, take_axis("multi_margin_loss", weight, 0, label, false));
  return reduced(each, reduction, number(double(each.numel()), each));
}

}  // namespace nncore::ops::composed
