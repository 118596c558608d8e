// Binds a function and a method for every formula in the list, which provides names, parameters, defaults and
// docstrings. Python's modules and the documentation are generated from the description of this list.
#include "../ops/elementwise.h"

#include <pybind11/typing.h>

#include <algorithm>

#include "../core/default_dtype.h"
#include "../ops/create.h"
#include "../ops/index.h"
#include "direct.h"
#include "documentation.h"
#include "write.h"

namespace nncore::bind {

namespace {

// Formulas without a function of their own: operators cover tensors with numbers; others are bound below.
template <class Op>
constexpr bool is_listed() {
  const std::string_view name = Op::name;
  return !name.ends_with("_scalar") && name != "clamp" && name != "gelu" && name != "gelu_tanh";
}

// The type, the default and the declaration of parameter i.
template <class Op, size_t i>
using Number = std::conditional_t<Op::scalars[i].optional, std::optional<double>, double>;
template <class Op, size_t i>
double number(const Number<Op, i>& given) {
  if constexpr (Op::scalars[i].optional)
    return given.value_or(Op::scalars[i].value);
  else
    return given;
}
template <class Op, size_t i>
auto parameter() {
  const py::arg name(Op::scalars[i].name);
  if constexpr (Op::scalars[i].optional)
    return name = py::none();
  else if constexpr (has_default(Op::scalars[i]))
    return name = Op::scalars[i].value;
  else
    return name;
}

template <class Op, size_t... i>
void bind_with(py::module_& m, TensorClass& tensor, std::index_sequence<i...>) {
  const std::string doc = documentation(formula_text<Op>);
  constexpr Public where = {.nncore = true, .functional = Op::layer.name != nullptr};
  const auto f = [](const Tensor& x, const Number<Op, i>&... s) {
    return ops::apply<Op>(x, ops::Scalars{number<Op, i>(s)...});
  };
  if constexpr (Op::layer.inplace)
    m.def(
        Op::name,
        [f](const Tensor& x, const Number<Op, i>&... s, bool inplace) {
          return written_if(inplace, Op::name, x, [&] { return f(x, s...); });
        },
        py::arg("input"), parameter<Op, i>()..., py::arg("inplace") = false, doc.c_str(), where);
  else
    m.def(Op::name, f, py::arg("input"), parameter<Op, i>()..., doc.c_str(), where);
  tensor.def(Op::name, f, parameter<Op, i>()..., doc.c_str());
}

template <class Op>
void bind_unary(py::module_& m, TensorClass& tensor) {
  if constexpr (is_listed<Op>()) {
    bind_with<Op>(m, tensor, std::make_index_sequence<scalar_count<Op>>());
    if constexpr (scalar_count<Op> == 0)
      direct(m, tensor, Op::name, [](const Tensor& x) { return ops::apply<Op>(x); });
  }
}

template <class... Ops>
void bind_all(py::module_& m, TensorClass& tensor, OpList<Ops...>) {
  (bind_unary<Ops>(m, tensor), ...);
}

template <class... Ops>
void append_descriptions(py::list& list, OpList<Ops...>) {
  (list.append(description(formula_text<Ops>)), ...);
}

Tensor gelu(const Tensor& x, const std::string& approximate) {
  if (approximate == "tanh") return ops::apply<formulas::GeluTanh>(x);
  check(approximate == "none", "gelu: approximate is '", approximate, "'; expected 'none' or 'tanh'");
  return ops::apply<formulas::Gelu>(x);
}

Tensor where(const Tensor& condition, py::handle a, py::handle b) {
  const auto tensor = [&](py::handle h, py::handle other) {
    if (tensor_of(h.ptr())) return py::cast<Tensor>(h);
    const TensorImpl* t = tensor_of(other.ptr());
    if (is_whole(h) && !(t && is_floating(t->dtype))) {
      const DType own = PyBool_Check(h.ptr()) ? DType::boolean : DType::int64;
      const DType dtype = t && t->dtype != DType::boolean ? t->dtype : own;
      return ops::full_integer({}, fitting(to_whole(h, "where"), dtype, "where"), dtype, condition.device());
    }
    return ops::full({}, to_real(h, "where"), t ? real_type(t->dtype) : default_dtype.load(),
                     condition.device());
  };
  return ops::where(condition, tensor(a, b), tensor(b, a));
}

void check_numbers(const std::string& caller, const std::string& name, const std::vector<double>& numbers) {
  for (int op = 0; op < UnaryOps::size; op++) {
    if (name != ops::unary_info[op].name) continue;
    ops::Scalars scalars = {};
    std::copy_n(numbers.begin(), std::min(numbers.size(), scalars.size()), scalars.begin());
    return ops::check_scalars(caller.c_str(), op, scalars);
  }
}

}  // namespace

void bind_elementwise(py::module_& m, TensorClass& tensor) {
  bind_all(m, tensor, UnaryOps());
  m.def("check_numbers", check_numbers, py::arg("caller"), py::arg("op"), py::arg("numbers"),
        "Raises ValueError in the caller's name if the elementwise op does not accept these numbers.",
        internal);
  m.def(
      "elementwise_ops",
      [] {
        py::list list;
        append_descriptions(list, UnaryOps());
        append_descriptions(list, BinaryOps());
        return list;
      },
      "A description of every elementwise op: name, formula, derivative, float32 bound in ulp, ...",
      internal);
  m.def("gelu", gelu, py::arg("input"), py::arg("approximate") = "none",
        (documentation(formula_text<formulas::Gelu>) + " approximate='tanh': " + formulas::GeluTanh::formula +
         ".")
            .c_str(),
        everywhere);
  m.def(
      "maximum", [](const Tensor& a, const Tensor& b) { return ops::apply<formulas::Maximum>(a, b); },
      py::arg("input"), py::arg("other"), "The larger of two elements; equal elements share the gradient.");
  m.def(
      "minimum", [](const Tensor& a, const Tensor& b) { return ops::apply<formulas::Minimum>(a, b); },
      py::arg("input"), py::arg("other"), "The smaller of two elements; equal elements share the gradient.");
  tensor.def(
      "maximum", [](const Tensor& a, const Tensor& b) { return ops::apply<formulas::Maximum>(a, b); },
      py::arg("other"), "The larger of two elements; equal elements share the gradient.");
  tensor.def(
      "minimum", [](const Tensor& a, const Tensor& b) { return ops::apply<formulas::Minimum>(a, b); },
      py::arg("other"), "The smaller of two elements; equal elements share the gradient.");
  tensor.def("gelu", gelu, py::arg("approximate") = "none", "x Phi(x), element by element.");
  direct(m, tensor, "gelu", [](const Tensor& x) { return ops::apply<formulas::Gelu>(x); });
  direct(m, tensor, "maximum",
         [](const Tensor& a, const Tensor& b) { return ops::apply<formulas::Maximum>(a, b); });
  direct(m, tensor, "minimum",
         [](const Tensor& a, const Tensor& b) { return ops::apply<formulas::Minimum>(a, b); });
  m.def("where", where, py::arg("condition"), py::arg("input"), py::arg("other"),
        "The elements of input where condition is true, else those of other; broadcast.");
  m.def(
      "where",
      [](const Tensor& condition) -> py::typing::Tuple<Tensor, py::ellipsis> {
        return py::tuple(py::cast(ops::nonzero_by_axis(condition)));
      },
      py::arg("condition"), "The same as nonzero(condition, as_tuple=True). Not allowed in a compiled step.");
}

}  // namespace nncore::bind
