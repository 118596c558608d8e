#include "../ops/reduce.h"

#include "module.h"

namespace nncore::bind {

namespace {

Tensor sum(const Tensor& x, const Axes& dim, bool keepdim) { return ops::sum(x, dim.list, keepdim); }

// max(x) of all elements, or (values, indices) along one axis.
py::object extreme(const Tensor& x, bool largest, const std::optional<int64_t>& dim, bool keepdim) {
  if (!dim) return py::cast(ops::extreme_all(x, largest));
  const ops::Extreme e = ops::extreme(x, largest, *dim, keepdim);
  static const auto* type = new py::object(  // lives as long as the process
      py::module_::import("collections")
          .attr("namedtuple")("ValuesIndices", py::make_tuple("values", "indices")));
  return (*type)(e.values, e.indices);
}

Tensor arg_extreme(const Tensor& x, bool largest, const std::optional<int64_t>& dim, bool keepdim) {
  return ops::arg_extreme(x, largest, dim ? &*dim : nullptr, keepdim);
}

}  // namespace

void bind_reduce(py::module_& m, TensorClass& tensor) {
  const auto both = [&](const char* name, auto f, const char* doc) {
    m.def(name, f, py::arg("input"), py::arg("dim") = py::none(), py::arg("keepdim") = false, doc);
    tensor.def(name, f, py::arg("dim") = py::none(), py::arg("keepdim") = false, doc);
  };
  both("sum", sum, "The sum over all axes, or over dim; integers sum to int64.");
  both(
      "mean", [](const Tensor& x, const Axes& dim, bool keepdim) { return ops::mean(x, dim.list, keepdim); },
      "The mean over all axes, or over dim.");
  both(
      "max",
      [](const Tensor& x, std::optional<int64_t> dim, bool keep) { return extreme(x, true, dim, keep); },
      "The largest element; with dim, (values, indices) along that axis. NaN wins; the first of equals is "
      "returned.");
  both(
      "min",
      [](const Tensor& x, std::optional<int64_t> dim, bool keep) { return extreme(x, false, dim, keep); },
      "The smallest element; with dim, (values, indices) along that axis. NaN wins; the first of equals is "
      "returned.");
  both(
      "argmax",
      [](const Tensor& x, std::optional<int64_t> dim, bool keep) { return arg_extreme(x, true, dim, keep); },
      "The index of the largest element, of the flattened tensor or along dim.");
  both(
      "argmin",
      [](const Tensor& x, std::optional<int64_t> dim, bool keep) { return arg_extreme(x, false, dim, keep); },
      "The index of the smallest element, of the flattened tensor or along dim.");
}

}  // namespace nncore::bind
