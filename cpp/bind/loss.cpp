#include "../ops/loss.h"

#include "reduction.h"

namespace nncore::bind {

void bind_loss(py::module_& m, TensorClass& tensor) {
  const auto along = [&](const char* name, auto f, const char* doc) {
    bind_both(
        m, tensor, name,
        [f](const Tensor& x, int64_t dim, std::optional<DType> dtype) { return f(typed(x, dtype), dim); },
        py::arg("dim"), py::kw_only(), py::arg("dtype") = py::none(), doc, everywhere);
  };
  along("softmax", ops::softmax,
        "exp(x) / sum(exp(x)) along dim; the input is converted to dtype first, if given.");
  along("log_softmax", ops::log_softmax,
        "x - log(sum(exp(x))) along dim; the input is converted to dtype first, if given.");
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
      "-log softmax(input)[target] for logits (N, C) or (N, C, ...) and class indices or probabilities.\n\n"
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
      "-input[target] for log-probabilities (N, C) or (N, C, ...).", everywhere);
  m.def(
      "multi_margin_loss",
      [](const Tensor& x, const Tensor& target, int p, double margin, const std::optional<Tensor>& weight,
         const py::object& average, const py::object& reduce, const std::string& reduction) {
        return ops::multi_margin_loss(x, target, p, margin, weight.value_or(Tensor()),
                                      reduction_of("multi_margin_loss", average, reduce, reduction));
      },
      py::arg("input"), py::arg("target"), py::arg("p") = 1, py::arg("margin") = 1.0,
      py::arg("weight") = py::none(), size_average(), reduce(), reduction(),
      "sum over c != t of w_t max(0, margin - x_t + x_c)^p / C for rows x (N, C) or (C,) and classes t.\n\n"
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
      "-ln of the total probability of all alignments of targets with log_probs (steps, batch, classes).",
      internal);
}

}  // namespace nncore::bind
