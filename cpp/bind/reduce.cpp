#include "../ops/reduce.h"

#include "../ops/elementwise.h"
#include "../ops/shape.h"
#include "module.h"

namespace nncore::bind {

namespace {

using OptionalType = std::optional<DType>;
using OptionalAxes = std::optional<Axes>;

// The extreme of all elements, or (values, indices) along one axis.
py::object extreme(const Tensor& x, bool largest, const std::optional<int64_t>& dim, bool keepdim) {
  if (!dim) return py::cast(ops::extreme_all(x, largest));
  const ops::Extreme e = ops::extreme(x, largest, *dim, keepdim);
  return values_and_indices(e.values, e.indices);
}

Tensor arg_extreme(const Tensor& x, bool largest, const std::optional<int64_t>& dim, bool keepdim) {
  return ops::arg_extreme(x, largest, dim ? &*dim : nullptr, keepdim);
}

Tensor any_all(const Tensor& x, bool all, const OptionalAxes& dim, bool keepdim) {
  if (dim && dim->list.empty()) return ops::clone(ops::cast(x.detach(), DType::boolean));
  return ops::any_all(x, all, dim ? dim->list : std::vector<int64_t>(), keepdim);
}

}  // namespace

Tensor typed(const Tensor& x, OptionalType dtype) { return dtype ? ops::cast(x, *dtype) : x; }

void bind_reduce(py::module_& m, TensorClass& tensor) {
  const auto both = [&](const char* name, auto f, const char* doc) {
    bind_both(m, tensor, name, f, py::arg("dim") = py::none(), py::arg("keepdim") = false, doc);
  };
  const auto with_type = [&](const char* name, auto f, const char* doc) {
    bind_both(m, tensor, name, f, py::arg("dim") = py::none(), py::arg("keepdim") = false, py::kw_only(),
              py::arg("dtype") = py::none(), doc);
  };
  with_type(
      "sum",
      [](const Tensor& x, const Axes& dim, bool keep, OptionalType t) {
        return typed(ops::sum(typed(x, t), dim.list, keep), t);
      },
      "The sum over all axes, or over dim; integers sum to int64 without dtype.");
  with_type(
      "mean",
      [](const Tensor& x, const Axes& dim, bool keep, OptionalType t) {
        return ops::mean(typed(x, t), dim.list, keep);
      },
      "The mean over all axes, or over dim.");
  with_type(
      "prod",
      [](const Tensor& x, const Axes& dim, bool keep, OptionalType t) {
        return typed(ops::prod(typed(x, t), dim.list, keep), t);
      },
      "The product over all axes, or over dim; the gradient is also correct if elements are 0.");
  bind_both(
      m, tensor, "max", [](const Tensor& x, const Tensor& y) { return ops::apply<formulas::Maximum>(x, y); },
      py::arg("other"), "The larger of two elements: maximum(input, other).");
  both(
      "max",
      [](const Tensor& x, std::optional<int64_t> dim, bool keep) { return extreme(x, true, dim, keep); },
      "The largest element; with dim, (values, indices) along that axis. NaN wins; the first of equals is "
      "returned.");
  bind_both(
      m, tensor, "min", [](const Tensor& x, const Tensor& y) { return ops::apply<formulas::Minimum>(x, y); },
      py::arg("other"), "The smaller of two elements: minimum(input, other).");
  both(
      "min",
      [](const Tensor& x, std::optional<int64_t> dim, bool keep) { return extreme(x, false, dim, keep); },
      "The smallest element; with dim, (values, indices) along that axis. NaN wins; the first of equals is "
      "returned.");
  both(
      "amax",
      [](const Tensor& x, const Axes& dim, bool keep) {
        return ops::extreme_over("amax", x, true, dim.list, keep);
      },
      "The largest element over dim; equal elements share the gradient.");
  both(
      "amin",
      [](const Tensor& x, const Axes& dim, bool keep) {
        return ops::extreme_over("amin", x, false, dim.list, keep);
      },
      "The smallest element over dim; equal elements share the gradient.");
  both(
      "argmax",
      [](const Tensor& x, std::optional<int64_t> dim, bool keep) { return arg_extreme(x, true, dim, keep); },
      "The index of the largest element, of the flattened tensor or along dim.");
  both(
      "argmin",
      [](const Tensor& x, std::optional<int64_t> dim, bool keep) { return arg_extreme(x, false, dim, keep); },
      "The index of the smallest element, of the flattened tensor or along dim.");
  both(
      "any", [](const Tensor& x, const OptionalAxes& dim, bool keep) { return any_all(x, false, dim, keep); },
      "Whether any element over dim is not 0; dim=() reduces no axis.");
  both(
      "all", [](const Tensor& x, const OptionalAxes& dim, bool keep) { return any_all(x, true, dim, keep); },
      "Whether every element over dim is not 0; dim=() reduces no axis.");
}

}  // namespace nncore::bind
