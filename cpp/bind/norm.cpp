#include "../ops/norm.h"

#include <cfloat>
#include <cmath>

#include "module.h"

namespace nncore::bind {

using Optional = std::optional<Tensor>;

namespace {

// Checks eps, which prevents a division by 0 if the variance is 0: it must be above 0 in the input's dtype.
double checked_eps(const char* op, const Tensor& x, double eps) {
  const double least = x.dtype() == DType::float32 ? double(FLT_MIN) : DBL_MIN;  // smaller numbers count as 0
  check(std::isfinite(eps) && eps >= least, op, ": eps is ", eps, " but must be finite and at least ", least,
        ", the smallest ", x.dtype(), "; a variance of 0 would give NaN");
  return eps;
}

}  // namespace

void bind_norm(py::module_& m) {
  m.def(
      "layer_norm",
      [](const Tensor& x, const Shape& shape, const Optional& weight, const Optional& bias, double eps) {
        return ops::layer_norm(x, shape, weight.value_or(Tensor()), bias.value_or(Tensor()),
                               checked_eps("layer_norm", x, eps));
      },
      py::arg("input"), py::arg("normalized_shape"), py::arg("weight") = py::none(),
      py::arg("bias") = py::none(), py::arg("eps") = 1e-5,
      "(x - mean) / sqrt(var + eps) * weight + bias over the last axes, whose sizes are normalized_shape.\n\n"
      "Ba, Kiros and Hinton 2016. Raises ValueError for shapes that do not match and for eps of 0 or "
      "less.\n\n"
      ">>> nncore.nn.functional.layer_norm(nncore.tensor([1.0, 3.0]), 2).round(decimals=4).tolist()\n"
      "[-1.0, 1.0]");
  m.def(
      "add_layer_norm",
      [](const Tensor& x, const Tensor& residual, const Shape& shape, const Optional& weight,
         const Optional& bias, double eps) {
        return ops::add_layer_norm(x, residual, shape, weight.value_or(Tensor()), bias.value_or(Tensor()),
                                   checked_eps("add_layer_norm", x, eps));
      },
      py::arg("input"), py::arg("residual"), py::arg("normalized_shape"), py::arg("weight") = py::none(),
      py::arg("bias") = py::none(), py::arg("eps") = 1e-5,
      "(layer_norm(s), s) with s = input + residual, in one pass. Each block of a transformer begins with "
      "this.\n\nRaises ValueError for shapes that do not match and for eps of 0 or less.\n\n"
      ">>> x, r = nncore.tensor([1.0, 2.0]), nncore.tensor([0.0, 1.0])\n"
      ">>> y, s = nncore.nn.functional.add_layer_norm(x, r, 2)\n"
      ">>> y.round(decimals=4).tolist(), s.tolist()\n([-1.0, 1.0], [1.0, 3.0])");
  m.def(
      "rms_norm",
      [](const Tensor& x, const Shape& shape, const Optional& weight, std::optional<double> eps) {
        const double smallest = x.dtype() == DType::float64 ? 0x1p-52 : 0x1p-23;
        return ops::rms_norm(x, shape, weight.value_or(Tensor()),
                             checked_eps("rms_norm", x, eps.value_or(smallest)));
      },
      py::arg("input"), py::arg("normalized_shape"), py::arg("weight") = py::none(),
      py::arg("eps") = py::none(),
      "x / sqrt(mean(x^2) + eps) * weight over the last axes, whose sizes are normalized_shape.\n\n"
      "eps is by default the machine epsilon. Zhang and Sennrich 2019. Raises ValueError for shapes "
      "that do not match.\n\n"
      ">>> nncore.nn.functional.rms_norm(nncore.tensor([1.0, 7.0]), 2).tolist()\n"
      "[0.20000000298023224, 1.399999976158142]");
  m.def("l2_normalize", ops::l2_normalize, py::arg("input"), py::arg("dim") = 1, py::arg("eps") = 1e-12,
        "x / max(|x|, eps) along dim.", internal);
  m.def(
      "group_norm",
      [](const Tensor& x, int64_t groups, const Optional& weight, const Optional& bias, double eps) {
        return ops::group_norm("group_norm", x, groups, weight.value_or(Tensor()), bias.value_or(Tensor()),
                               checked_eps("group_norm", x, eps));
      },
      py::arg("input"), py::arg("num_groups"), py::arg("weight") = py::none(), py::arg("bias") = py::none(),
      py::arg("eps") = 1e-5,
      "(x - mean) / sqrt(var + eps) * weight + bias of x (N, C, ...), with mean and variance of each of "
      "num_groups groups of channels.\n\nWu and He 2018. Raises ValueError if num_groups does not divide the "
      "number of channels.\n\n"
      ">>> nncore.nn.functional.group_norm(nncore.tensor([[1.0, 3.0]]), 1).round(decimals=4).tolist()\n"
      "[[-1.0, 1.0]]");
  m.def(
      "batch_norm",
      [](const Tensor& x, const Optional& mean, const Optional& variance, const Optional& weight,
         const Optional& bias, bool training, std::optional<double> momentum, double eps,
         const Optional& batches) {
        check(!momentum || (*momentum >= 0 && *momentum <= 1), "batch_norm: momentum is ",
              momentum.value_or(0), " but must lie between 0 and 1");
        const ops::KeptStatistics kept = {mean.value_or(Tensor()), variance.value_or(Tensor()),
                                          batches.value_or(Tensor()), momentum.value_or(-1)};
        return ops::batch_norm(x, kept, weight.value_or(Tensor()), bias.value_or(Tensor()), training,
                               checked_eps("batch_norm", x, eps));
      },
      py::arg("input"), py::arg("running_mean"), py::arg("running_var"), py::arg("weight") = py::none(),
      py::arg("bias") = py::none(), py::arg("training") = false, py::arg("momentum") = 0.1,
      py::arg("eps") = 1e-5, py::kw_only(), py::arg("num_batches_tracked") = py::none(),
      "(x - mean) / sqrt(var + eps) * weight + bias for each channel of x (N, C, ...).\n\n"
      "In training, uses mean and variance of the batch and updates the running statistics in place to (1 - "
      "momentum) running + momentum batch, with the unbiased variance. Otherwise uses the running "
      "statistics. num_batches_tracked, an int64 number, counts the batches; momentum None means the average "
      "over all batches. Ioffe and Szegedy 2015, algorithm 1. Raises ValueError for shapes that do not match "
      "and for a single value per channel in training.\n\n"
      ">>> x = nncore.tensor([[1.0], [3.0]])\n"
      ">>> nncore.nn.functional.batch_norm(x, None, None, training=True).round(decimals=4).tolist()\n"
      "[[-1.0], [1.0]]");
  m.def("response_norm", ops::response_norm, py::arg("input"), py::arg("size"), py::arg("alpha"),
        py::arg("beta"), py::arg("k"), "x (k + alpha * sum of x^2 over neighbouring channels)^-beta.",
        internal);
}

}  // namespace nncore::bind
