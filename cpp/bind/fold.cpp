#include "../ops/fold.h"

#include "../ops/reduce.h"
#include "module.h"

namespace nncore::bind {

namespace {

double correction_of(const char* op, const std::optional<double>& correction,
                     const std::optional<bool>& unbiased) {
  check<TypeError>(!correction || !unbiased, op, ": give either correction or unbiased");
  return unbiased ? (*unbiased ? 1.0 : 0.0) : correction.value_or(1.0);
}

void bind_spread(py::module_& m, TensorClass& tensor, const char* name, bool root, const std::string& doc) {
  // PyTorch's std(x, True), over all axes. It is bound first, because True is also an int.
  bind_both(
      m, tensor, name,
      [root](const Tensor& x, bool unbiased) { return ops::variance(x, {}, unbiased ? 1 : 0, false, root); },
      py::arg("unbiased"), doc.c_str());
  m.def((std::string(name) + "_mean").c_str(),
        [root](const Tensor& x, bool unbiased) {
          return std::make_pair(ops::variance(x, {}, unbiased ? 1 : 0, false, root), ops::mean(x, {}, false));
        },
        py::arg("input"), py::arg("unbiased"), (doc + " Also returns the mean.").c_str());
  bind_both(
      m, tensor, name,
      [name, root](const Tensor& x, const Axes& dim, std::optional<bool> unbiased, bool keepdim,
                   std::optional<double> correction) {
        return ops::variance(x, dim.list, correction_of(name, correction, unbiased), keepdim, root);
      },
      py::arg("dim") = py::none(), py::arg("unbiased") = py::none(), py::arg("keepdim") = false,
      py::kw_only(), py::arg("correction") = py::none(), doc.c_str());
  m.def((std::string(name) + "_mean").c_str(),
        [name, root](const Tensor& x, const Axes& dim, std::optional<bool> unbiased, bool keepdim,
                     std::optional<double> correction) {
          const double c = correction_of(name, correction, unbiased);
          return std::make_pair(ops::variance(x, dim.list, c, keepdim, root),
                                ops::mean(x, dim.list, keepdim));
        },
        py::arg("input"), py::arg("dim") = py::none(), py::arg("unbiased") = py::none(),
        py::arg("keepdim") = false, py::kw_only(), py::arg("correction") = py::none(),
        (doc + " Also returns the mean.").c_str());
}

Tensor norm(const Tensor& input, const py::object& p, const Axes& dim, bool keepdim,
            std::optional<DType> dtype) {
  const Tensor x = typed(input, dtype);
  if (py::isinstance<py::str>(p)) {
    check(py::cast<std::string>(p) == "fro", "norm: p is '", py::cast<std::string>(p),
          "'; expected 'fro' or a number");
    return ops::norm(x, 2, dim.list, keepdim);
  }
  return ops::norm(x, p.is_none() ? 2 : to_real(p, "norm"), dim.list, keepdim);
}

}  // namespace

void bind_fold(py::module_& m, TensorClass& tensor) {
  bind_spread(m, tensor, "var", false,
              "sum((x - mean)^2) / (n - correction) over dim; correction is 1 by default.");
  bind_spread(m, tensor, "std", true,
              "The square root of the variance over dim; correction is 1 by default.");
  bind_both(
      m, tensor, "logsumexp",
      [](const Tensor& x, const Axes& dim, bool keep) { return ops::logsumexp(x, dim.list, keep); },
      py::arg("dim"), py::arg("keepdim") = false, "log(sum(exp(x))) over dim, without overflow.");
  bind_both(
      m, tensor, "norm", norm, py::arg("p") = 2.0, py::arg("dim") = py::none(), py::arg("keepdim") = false,
      py::kw_only(), py::arg("dtype") = py::none(),
      "(sum |x|^p)^(1/p) over dim; p may also be 'fro' (2), infinite, or 0 (counts the nonzero elements).");
}

}  // namespace nncore::bind
