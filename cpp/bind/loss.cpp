#include "../ops/loss.h"

#include "../ops/pointwise.h"
#include "module.h"

namespace nncore::bind {

namespace {

// Two names that PyTorch's signatures still hold before reduction, which has replaced them; not None:
// refused.
py::arg_v size_average() { return py::arg("size_average") = py::none(); }
py::arg_v reduce() { return py::arg("reduce") = py::none(); }
py::arg_v reduction() { return py::arg("reduction") = "mean"; }

LossReduction reduction_of(const char* op, const std::string& name) {
  if (name == "none") return LossReduction::none;
  if (name == "mean") return LossReduction::mean;
  if (name == "sum") return LossReduction::sum;
  raise<ValueError>(op, ": reduction is '", name, "'; expected 'none', 'mean' or 'sum'");
}
LossReduction reduction_of(const char* op, const py::object& size_average, const py::object& reduce,
                           const std::string& name) {
  check<TypeError>(size_average.is_none() && reduce.is_none(), op,
                   ": size_average and reduce are no more; reduction='none', 'mean' or 'sum' says it");
  return reduction_of(op, name);
}

template <class Loss>
void bind_pair(py::module_& m, Public where, const char* doc) {  // a loss of input and target alone
  m.def(
      Loss::name,
      [](const Tensor& x, const Tensor& t, const py::object& average, const py::object& reduce,
         const std::string& reduction) {
        return ops::loss<Loss>(x, t, reduction_of(Loss::name, average, reduce, reduction));
      },
      py::arg("input"), py::arg("target"), size_average(), reduce(), reduction(), doc, where);
}

template <class Loss>
void bind_pair_with_weight(py::module_& m, Public where, const char* doc) {
  m.def(
      Loss::name,
      [](const Tensor& x, const Tensor& t, const py::object& average, const py::object& reduce,
         const std::string& reduction, const std::optional<Tensor>& weight) {
        const LossReduction r = reduction_of(Loss::name, average, reduce, reduction);
        if (!weight) return ops::loss<Loss>(x, t, r);
        return ops::weighted(Loss::name, ops::loss<Loss>(x, t, LossReduction::none), *weight, r, true);
      },
      py::arg("input"), py::arg("target"), size_average(), reduce(), reduction(),
      py::arg("weight") = py::none(), doc, where);
}

template <class Loss>
void bind_pair_with(py::module_& m, Public where, const char* scalar, double value, const char* doc) {
  m.def(
      Loss::name,
      [](const Tensor& x, const Tensor& t, double s, const py::object& average, const py::object& reduce,
         const std::string& reduction) {
        return ops::loss<Loss>(x, t, reduction_of(Loss::name, average, reduce, reduction), {s});
      },
      py::arg("input"), py::arg("target"), py::arg(scalar) = value, size_average(), reduce(), reduction(),
      doc, where);
}

// One with a third operand and an element weight, either may be missing.
template <class Loss>
void bind_weighted(py::module_& m, const char* third, const char* doc) {
  m.def(
      Loss::name,
      [](const Tensor& x, const Tensor& t, const std::optional<Tensor>& c, const std::optional<Tensor>& w,
         double s0, double s1, const py::object& average, const py::object& reduce,
         const std::string& reduction) {
        return ops::loss<Loss>(x, t, reduction_of(Loss::name, average, reduce, reduction), {s0, s1},
                               c.value_or(Tensor()), w.value_or(Tensor()));
      },
      py::arg("input"), py::arg("target"), py::arg(third) = py::none(), py::arg("weight") = py::none(),
      py::arg("s0") = 0.0, py::arg("s1") = 0.0, size_average(), reduce(), reduction(), doc, internal);
}

void bind_pointwise(py::module_& m) {
  bind_pair_with_weight<losses::SquaredError>(
      m, everywhere,
      "(input - target)^2, averaged, summed or as it is; the shapes must be equal.\n\nweight, of that shape "
      "too, multiplies each, and the mean is divided by its sum.");
  bind_pair_with_weight<losses::L1>(
      m, functional,
      "|input - target|, averaged, summed or as it is; the shapes must be equal.\n\nweight, of that shape "
      "too, multiplies each, and the mean is divided by its sum.");
  m.def(
      losses::SmoothL1::name,
      [](const Tensor& x, const Tensor& t, const py::object& average, const py::object& reduce,
         const std::string& reduction, double beta) {
        constexpr const char* op = losses::SmoothL1::name;
        check(beta >= 0, op, ": beta must be at least 0, got ", beta);
        return ops::loss<losses::SmoothL1>(x, t, reduction_of(op, average, reduce, reduction), {beta});
      },
      py::arg("input"), py::arg("target"), size_average(), reduce(), reduction(), py::arg("beta") = 1.0,
      "d^2 / (2 beta) where |d| < beta, else |d| - beta / 2, with d = input - target (Girshick 2015, eq. "
      "3).");
  m.def(
      losses::Huber::name,
      [](const Tensor& x, const Tensor& t, const std::string& reduction, double delta,
         const std::optional<Tensor>& weight) {
        constexpr const char* op = losses::Huber::name;
        check(delta > 0, op, ": delta must be above 0, got ", delta);
        const LossReduction r = reduction_of(op, reduction);
        if (!weight) return ops::loss<losses::Huber>(x, t, r, {delta});
        return ops::weighted(op, ops::loss<losses::Huber>(x, t, LossReduction::none, {delta}), *weight, r,
                             false);
      },
      py::arg("input"), py::arg("target"), reduction(), py::arg("delta") = 1.0,
      py::arg("weight") = py::none(),
      "d^2 / 2 where |d| <= delta, else delta (|d| - delta / 2), with d = input - target (Huber 1964).\n\n"
      "weight, of the input's shape, multiplies each; the mean counts the elements, not the weights.");
  bind_weighted<losses::Bce>(m, "third", "-t ln x - (1 - t) ln(1 - x), logarithms not below -100.");
  bind_weighted<losses::BceWithLogits>(
      m, "pos_weight", "binary_cross_entropy of sigmoid(input), the positives weighted by pos_weight.");
  bind_pair<losses::KlDiv>(m, internal, "t (ln t - x) of log-probabilities x and probabilities t.");
  bind_pair<losses::KlDivLog>(m, internal, "e^t (t - x) of log-probabilities x and t.");
  bind_pair_with<losses::HingeEmbedding>(m, functional, "margin", 1,
                                         "x where target is 1, max(0, margin - x) where it is -1.");
  bind_pair<losses::SoftMargin>(m, functional, "ln(1 + e^(-t x)) of targets t, 1 or -1.");
  bind_pair_with<losses::PoissonNll>(m, internal, "eps", 1e-8, "x - t ln(x + eps).");
  bind_pair<losses::PoissonNllLog>(m, internal, "e^x - t x.");
  m.def(
      losses::Stirling::name,
      [](const Tensor& x, const std::string& reduction) {
        return ops::loss<losses::Stirling>(x, {}, reduction_of(losses::Stirling::name, reduction));
      },
      py::arg("input"), reduction(), "ln x! by Stirling's formula where x > 1, else 0.", internal);
  bind_weighted<losses::GaussianNll>(m, "var", "(ln v + (x - t)^2 / v) / 2 + s1, v = max(var, s0).");
  bind_weighted<losses::MarginRanking>(m, "sign", "max(0, s0 - sign (input - target)).");
  bind_pair_with<losses::CosineEmbedding>(m, internal, "margin", 0,
                                          "1 - x where target is 1, max(0, x - margin) where it is -1.");
}

}  // namespace

void bind_loss(py::module_& m, TensorClass& tensor) {
  const auto along = [&](const char* name, auto f, const char* doc) {
    bind_both(
        m, tensor, name,
        [f](const Tensor& x, int64_t dim, std::optional<DType> dtype) { return f(typed(x, dtype), dim); },
        py::arg("dim"), py::kw_only(), py::arg("dtype") = py::none(), doc, everywhere);
  };
  along("softmax", ops::softmax,
        "exp(x) / sum(exp(x)) along dim, of the input as dtype where that is given.");
  along("log_softmax", ops::log_softmax,
        "x - log(sum(exp(x))) along dim, of the input as dtype where that is given.");
  m.def(
      "cross_entropy",
      [](const Tensor& x, const Tensor& target, const std::optional<Tensor>& weight,
         const py::object& average, int64_t ignore_index, const py::object& reduce,
         const std::string& reduction, double label_smoothing) {
        return ops::cross_entropy(x, target, weight.value_or(Tensor()), ignore_index,
                                  reduction_of("cross_entropy", average, reduce, reduction), label_smoothing);
      },
      py::arg("input"), py::arg("target"), py::arg("weight") = py::none(), size_average(),
      py::arg("ignore_index") = -100, reduce(), reduction(), py::arg("label_smoothing") = 0.0,
      "-log softmax(input)[target], from logits (N, C) or (N, C, ...) and class indices or probabilities.\n\n"
      "Raises IndexError for a label outside 0..C-1, ValueError for shapes that do not match or a mean over "
      "nothing.",
      everywhere);
  m.def(
      "nll_loss",
      [](const Tensor& x, const Tensor& target, const std::optional<Tensor>& weight,
         const py::object& average, int64_t ignore_index, const py::object& reduce,
         const std::string& reduction) {
        return ops::nll_loss(x, target, weight.value_or(Tensor()), ignore_index,
                             reduction_of("nll_loss", average, reduce, reduction));
      },
      py::arg("input"), py::arg("target"), py::arg("weight") = py::none(), size_average(),
      py::arg("ignore_index") = -100, reduce(), reduction(),
      "-input[target], from log-probabilities (N, C) or (N, C, ...).", everywhere);
  m.def(
      "squared_error",
      [](const Tensor& x, const Tensor& t, double scale) {
        return ops::summed_loss(LossOps::index_of<losses::SquaredError>, "squared_error", x, t, scale);
      },
      py::arg("input"), py::arg("target"), py::arg("scale") = 1.0,
      "scale * sum((input - target)^2); the shapes must be equal.", internal);
  m.def(
      "multi_margin_loss",
      [](const Tensor& x, const Tensor& target, int p, double margin, const std::optional<Tensor>& weight,
         const py::object& average, const py::object& reduce, const std::string& reduction) {
        return ops::multi_margin_loss(x, target, p, margin, weight.value_or(Tensor()),
                                      reduction_of("multi_margin_loss", average, reduce, reduction));
      },
      py::arg("input"), py::arg("target"), py::arg("p") = 1, py::arg("margin") = 1.0,
      py::arg("weight") = py::none(), size_average(), reduce(), reduction(),
      "sum over c != t of w_t max(0, margin - x_t + x_c)^p / C, of rows x (N, C) or (C,) and classes t.\n\n"
      "Crammer and Singer 2001. Raises IndexError for a class outside 0..C-1.");
  m.def(
      "ctc_loss",
      [](const Tensor& x, const Tensor& targets, const Tensor& input_lengths, const Tensor& target_lengths,
         int64_t blank, const std::string& reduction, bool zero_infinity) {
        return ops::ctc_loss(x, targets, input_lengths, target_lengths, blank,
                             reduction_of("ctc_loss", reduction), zero_infinity);
      },
      py::arg("log_probs"), py::arg("targets"), py::arg("input_lengths"), py::arg("target_lengths"),
      py::arg("blank") = 0, reduction(), py::arg("zero_infinity") = false,
      "-ln of the probability of all alignments of targets with log_probs (steps, batch, classes).",
      internal);
  bind_pointwise(m);
}

}  // namespace nncore::bind
