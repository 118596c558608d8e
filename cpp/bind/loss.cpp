#include "../ops/loss.h"

#include "../ops/pointwise.h"
#include "module.h"

namespace nncore::bind {

namespace {

LossReduction reduction_of(const char* op, const std::string& name) {
  if (name == "none") return LossReduction::none;
  if (name == "mean") return LossReduction::mean;
  if (name == "sum") return LossReduction::sum;
  raise<ValueError>(op, ": reduction is '", name, "'; expected 'none', 'mean' or 'sum'");
}

template <class Loss>
void bind_pair(py::module_& m, const char* doc) {  // a loss of input and target alone
  m.def(
      Loss::name,
      [](const Tensor& x, const Tensor& t, const std::string& reduction) {
        return ops::loss<Loss>(x, t, reduction_of(Loss::name, reduction));
      },
      py::arg("input"), py::arg("target"), py::arg("reduction") = "mean", doc);
}

template <class Loss>
void bind_pair_with(py::module_& m, const char* scalar, double value, const char* doc) {
  m.def(
      Loss::name,
      [](const Tensor& x, const Tensor& t, double s, const std::string& reduction) {
        return ops::loss<Loss>(x, t, reduction_of(Loss::name, reduction), {s});
      },
      py::arg("input"), py::arg("target"), py::arg(scalar) = value, py::arg("reduction") = "mean", doc);
}

// One with a third operand and an element weight, either may be missing.
template <class Loss>
void bind_weighted(py::module_& m, const char* third, const char* doc) {
  m.def(
      Loss::name,
      [](const Tensor& x, const Tensor& t, const std::optional<Tensor>& c, const std::optional<Tensor>& w,
         double s0, double s1, const std::string& reduction) {
        return ops::loss<Loss>(x, t, reduction_of(Loss::name, reduction), {s0, s1}, c.value_or(Tensor()),
                               w.value_or(Tensor()));
      },
      py::arg("input"), py::arg("target"), py::arg(third) = py::none(), py::arg("weight") = py::none(),
      py::arg("s0") = 0.0, py::arg("s1") = 0.0, py::arg("reduction") = "mean", doc);
}

void bind_pointwise(py::module_& m) {
  bind_pair<losses::SquaredError>(
      m, "(input - target)^2, averaged, summed or as it is; the shapes must be equal.");
  bind_pair<losses::L1>(m, "|input - target|, averaged, summed or as it is; the shapes must be equal.");
  bind_pair_with<losses::SmoothL1>(
      m, "beta", 1, "d^2 / (2 beta) where |d| < beta, else |d| - beta / 2, with d = input - target.");
  bind_pair_with<losses::Huber>(
      m, "delta", 1, "d^2 / 2 where |d| <= delta, else delta (|d| - delta / 2), with d = input - target.");
  bind_weighted<losses::Bce>(m, "third", "-t ln x - (1 - t) ln(1 - x), logarithms not below -100.");
  bind_weighted<losses::BceWithLogits>(
      m, "pos_weight", "binary_cross_entropy of sigmoid(input), the positives weighted by pos_weight.");
  bind_pair<losses::KlDiv>(m, "t (ln t - x) of log-probabilities x and probabilities t.");
  bind_pair<losses::KlDivLog>(m, "e^t (t - x) of log-probabilities x and t.");
  bind_pair_with<losses::HingeEmbedding>(m, "margin", 1,
                                         "x where target is 1, max(0, margin - x) where it is -1.");
  bind_pair<losses::SoftMargin>(m, "ln(1 + e^(-t x)) of targets t, 1 or -1.");
  bind_pair_with<losses::PoissonNll>(m, "eps", 1e-8, "x - t ln(x + eps).");
  bind_pair<losses::PoissonNllLog>(m, "e^x - t x.");
  m.def(
      losses::Stirling::name,
      [](const Tensor& x, const std::string& reduction) {
        return ops::loss<losses::Stirling>(x, {}, reduction_of(losses::Stirling::name, reduction));
      },
      py::arg("input"), py::arg("reduction") = "mean", "ln x! by Stirling's formula where x > 1, else 0.");
  bind_weighted<losses::GaussianNll>(m, "var", "(ln v + (x - t)^2 / v) / 2 + s1, v = max(var, s0).");
  bind_weighted<losses::MarginRanking>(m, "sign", "max(0, s0 - sign (input - target)).");
  bind_pair_with<losses::CosineEmbedding>(m, "margin", 0,
                                          "1 - x where target is 1, max(0, x - margin) where it is -1.");
}

}  // namespace

void bind_loss(py::module_& m, TensorClass& tensor) {
  m.def("softmax", ops::softmax, py::arg("input"), py::arg("dim"), "exp(x) / sum(exp(x)) along dim.");
  m.def("log_softmax", ops::log_softmax, py::arg("input"), py::arg("dim"), "x - log(sum(exp(x))) along dim.");
  tensor.def("softmax", ops::softmax, py::arg("dim"), "exp(x) / sum(exp(x)) along dim.");
  tensor.def("log_softmax", ops::log_softmax, py::arg("dim"), "x - log(sum(exp(x))) along dim.");
  m.def(
      "cross_entropy",
      [](const Tensor& x, const Tensor& target, const std::optional<Tensor>& weight, int64_t ignore_index,
         const std::string& reduction, double label_smoothing) {
        return ops::cross_entropy(x, target, weight.value_or(Tensor()), ignore_index,
                                  reduction_of("cross_entropy", reduction), label_smoothing);
      },
      py::arg("input"), py::arg("target"), py::arg("weight") = py::none(), py::arg("ignore_index") = -100,
      py::arg("reduction") = "mean", py::arg("label_smoothing") = 0.0,
      "-log softmax(input)[target], from logits (N, C) or (N, C, ...) and class indices or probabilities.\n\n"
      "Raises IndexError for a label outside 0..C-1, ValueError for shapes that do not match or a mean over "
      "nothing.");
  m.def(
      "nll_loss",
      [](const Tensor& x, const Tensor& target, const std::optional<Tensor>& weight, int64_t ignore_index,
         const std::string& reduction) {
        return ops::nll_loss(x, target, weight.value_or(Tensor()), ignore_index,
                             reduction_of("nll_loss", reduction));
      },
      py::arg("input"), py::arg("target"), py::arg("weight") = py::none(), py::arg("ignore_index") = -100,
      py::arg("reduction") = "mean", "-input[target], from log-probabilities (N, C) or (N, C, ...).");
  m.def(
      "squared_error",
      [](const Tensor& x, const Tensor& t, double scale) {
        return ops::summed_loss(LossOps::index_of<losses::SquaredError>, "squared_error", x, t, scale);
      },
      py::arg("input"), py::arg("target"), py::arg("scale") = 1.0,
      "scale * sum((input - target)^2); the shapes must be equal.");
  m.def(
      "multi_margin_loss",
      [](const Tensor& x, const Tensor& target, int p, double margin, const std::optional<Tensor>& weight,
         const std::string& reduction) {
        return ops::multi_margin_loss(x, target, p, margin, weight.value_or(Tensor()),
                                      reduction_of("multi_margin_loss", reduction));
      },
      py::arg("input"), py::arg("target"), py::arg("p") = 1, py::arg("margin") = 1.0,
      py::arg("weight") = py::none(), py::arg("reduction") = "mean",
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
      py::arg("blank") = 0, py::arg("reduction") = "mean", py::arg("zero_infinity") = false,
      "-ln of the probability of all alignments of targets with log_probs (steps, batch, classes).");
  bind_pointwise(m);
}

}  // namespace nncore::bind
