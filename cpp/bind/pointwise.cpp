#include "../ops/pointwise.h"

#include "reduction.h"

namespace nncore::bind {

namespace {

template <class Loss>
void bind_pair(py::module_& m, Public where, const char* doc) {  // a loss of input and target only
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

// A loss with an optional third operand and an optional weight per element.
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

}  // namespace

void bind_pointwise(py::module_& m) {
  bind_pair_with_weight<losses::SquaredError>(
      m, everywhere,
      "(input - target)^2, averaged, summed or per element; the shapes must be equal.\n\nweight, of the same "
      "shape, multiplies each element; the mean divides by the sum of the weights.");
  bind_pair_with_weight<losses::L1>(
      m, functional,
      "|input - target|, averaged, summed or per element; the shapes must be equal.\n\nweight, of the same "
      "shape, multiplies each element; the mean divides by the sum of the weights.");
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
      "weight, of the input's shape, multiplies each element; the mean divides by the number of elements, "
      "not by the weights.");
  bind_weighted<losses::Bce>(m, "third", "-t ln x - (1 - t) ln(1 - x), with logarithms of at least -100.");
  bind_weighted<losses::BceWithLogits>(
      m, "pos_weight",
      "binary_cross_entropy of sigmoid(input); pos_weight multiplies the terms with target 1.");
  bind_pair<losses::KlDiv>(m, internal, "t (ln t - x) for log-probabilities x and probabilities t.");
  bind_pair<losses::KlDivLog>(m, internal, "e^t (t - x) for log-probabilities x and t.");
  bind_pair_with<losses::HingeEmbedding>(m, functional, "margin", 1,
                                         "x where target is 1, max(0, margin - x) where it is -1.");
  bind_pair<losses::SoftMargin>(m, functional, "ln(1 + e^(-t x)) for targets t of 1 or -1.");
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
  m.def(
      "squared_error",
      [](const Tensor& x, const Tensor& t, double scale) {
        return ops::summed_loss(LossOps::index_of<losses::SquaredError>, "squared_error", x, t, scale);
      },
      py::arg("input"), py::arg("target"), py::arg("scale") = 1.0,
      "scale * sum((input - target)^2); the shapes must be equal.", internal);
}

}  // namespace nncore::bind
