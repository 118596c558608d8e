#include "../ops/derived.h"

#include <algorithm>
#include <limits>

#include "../core/default_dtype.h"
#include "../ops/create.h"
#include "../ops/elementwise.h"
#include "documentation.h"
#include "module.h"

namespace nncore::bind {

namespace {

// Each bound is a number, a tensor that broadcasts, or None.
Tensor clamp(const Tensor& x, const py::object& min, const py::object& max) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  check(!min.is_none() || !max.is_none(), "clamp: at least one of min and max must be given");
  const bool tensors = tensor_of(min.ptr()) || tensor_of(max.ptr());
  if (tensors || !is_floating(x.dtype())) {
    const auto bound = [&](const py::object& b) {
      if (tensor_of(b.ptr())) return py::cast<Tensor>(b);
      if (is_whole(b) && !is_floating(x.dtype())) {
        const DType dtype = x.dtype() == DType::boolean ? DType::int64 : x.dtype();
        const ops::IntegerRange range = ops::range_of(dtype);
        return ops::full_integer({}, std::clamp(to_whole(b, "clamp"), range.least, range.most), dtype,
                                 x.device());
      }
      return ops::full({}, to_real(b, "clamp"), real_type(x.dtype()), x.device());
    };
    Tensor y = x;
    if (!min.is_none()) y = ops::apply<formulas::Maximum>(y, bound(min));
    if (!max.is_none()) y = ops::apply<formulas::Minimum>(y, bound(max));
    return y;
  }
  return ops::apply<formulas::Clamp>(x, {min.is_none() ? -infinity : to_real(min, "clamp"),
                                         max.is_none() ? infinity : to_real(max, "clamp")});
}

Tensor lerp(const Tensor& start, const Tensor& end, py::handle weight) {
  if (tensor_of(weight.ptr())) return ops::lerp(start, end, py::cast<Tensor>(weight));
  return ops::lerp(start, end, to_real(weight, "lerp"));
}

// The method of a function that Python composes: its first argument is the tensor.
void bind_composed(TensorClass& tensor, const char* name) {
  tensor.def(
      name,
      [name](const py::object& self, const py::args& args, const py::kwargs& kwargs) {
        return py::module_::import("nncore.statistics").attr(name)(self, *args, **kwargs);
      },
      (std::string("See nncore.") + name + ".").c_str());
}

}  // namespace

void bind_derived(py::module_& m, TensorClass& tensor) {
  const std::string clamp_doc = documentation(formula_text<formulas::Clamp>);
  for (const char* name : {"clamp", "clip"})
    bind_both(m, tensor, name, clamp, py::arg("min") = py::none(), py::arg("max") = py::none(),
              clamp_doc.c_str());
  m.def("prelu", ops::prelu, py::arg("input"), py::arg("weight"),
        (documentation(formula_text<formulas::Prelu>) + " b is the weight: one value, or one per channel.")
            .c_str(),
        functional);
  bind_both(m, tensor, "round", ops::round_to, py::kw_only(), py::arg("decimals"),
            "Rounds to `decimals` decimal places; -1 rounds to tens, -2 to hundreds, and so on. Integers "
            "become float32 if decimals is negative.");
  m.def("glu", ops::glu, py::arg("input"), py::arg("dim") = -1,
        "a sigmoid(b) for the halves a and b of an axis.", functional);
  bind_both(m, tensor, "lerp", lerp, py::arg("end"), py::arg("weight"),
            "input + weight (end - input), broadcast.");
  bind_both(m, tensor, "addcmul", ops::addcmul, py::arg("tensor1"), py::arg("tensor2"), py::kw_only(),
            py::arg("value") = 1.0, "input + value tensor1 tensor2, broadcast.");
  bind_both(m, tensor, "addcdiv", ops::addcdiv, py::arg("tensor1"), py::arg("tensor2"), py::kw_only(),
            py::arg("value") = 1.0, "input + value tensor1 / tensor2, broadcast.");
  for (const char* name : {"bernoulli", "bincount", "count_nonzero", "median", "multinomial", "nan_to_num",
                           "quantile", "trace", "unique"})
    bind_composed(tensor, name);
}

}  // namespace nncore::bind
