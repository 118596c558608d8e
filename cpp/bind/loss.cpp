#include "../ops/loss.h"

#include "../ops/elementwise.h"
#include "module.h"

namespace nncore::bind {

namespace {

LossReduction reduction_of(const char* op, const std::string& name) {
  if (name == "none") return LossReduction::none;
  if (name == "mean") return LossReduction::mean;
  if (name == "sum") return LossReduction::sum;
  raise<ValueError>(op, ": reduction is '", name, "'; expected 'none', 'mean' or 'sum'");
}

Tensor mse_loss(const Tensor& x, const Tensor& t, const std::string& reduction) {
  const LossReduction r = reduction_of("mse_loss", reduction);
  if (r == LossReduction::none) {
    check(x.shape() == t.shape(), "mse_loss: input has shape ", x.shape(), " but target has ", t.shape(),
          "; they must be equal, a loss does not broadcast");
    check<TypeError>(x.dtype() == t.dtype(), "mse_loss: input is ", x.dtype(), " but target is ", t.dtype(),
                     "; convert one of them with .to()");
    const Tensor d = ops::apply<formulas::Sub>(x, t);
    return ops::multiply(d, d);
  }
  check(r == LossReduction::sum || x.numel() > 0, "mse_loss: the mean of an empty batch, shape ", x.shape(),
        ", is not defined");
  return ops::squared_error("mse_loss", x, t, r == LossReduction::mean ? 1.0 / double(x.numel()) : 1.0);
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
        return ops::squared_error("squared_error", x, t, scale);
      },
      py::arg("input"), py::arg("target"), py::arg("scale") = 1.0,
      "scale * sum((input - target)^2); the shapes must be equal.");
  m.def("mse_loss", mse_loss, py::arg("input"), py::arg("target"), py::arg("reduction") = "mean",
        "(input - target)^2, averaged, summed or as it is; the shapes must be equal.");
}

}  // namespace nncore::bind
