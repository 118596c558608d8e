// A function and a method for every formula in the list: names, parameters, defaults and texts come from
// there.
#include "../ops/elementwise.h"

#include <cmath>
#include <limits>

#include "../ops/create.h"
#include "module.h"

namespace nncore::bind {

namespace {

// Formulas that Python reaches another way: numbers beside tensors by operators, the others below.
template <class Op>
constexpr bool is_listed() {
  const std::string_view name = Op::name;
  return !name.ends_with("_scalar") && name != "clamp" && name != "gelu" && name != "gelu_tanh";
}

template <class Op>
std::string documentation() {
  return std::string(Op::formula) + ", element by element; derivative " + Op::derivative + ".";
}

template <int i, class Op>
py::arg_v scalar_arg() {
  return py::arg(Op::scalars[i].name) = Op::scalars[i].value;
}
template <int i, class Op>
constexpr bool has_default = !(Op::scalars[i].value != Op::scalars[i].value);

template <class Op>
void bind_unary(py::module_& m, TensorClass& tensor) {
  if constexpr (is_listed<Op>()) {
    const std::string doc = documentation<Op>();
    const auto both = [&](auto f, const auto&... scalars) {
      m.def(Op::name, f, py::arg("input"), scalars..., doc.c_str());
      tensor.def(Op::name, f, scalars..., doc.c_str());
    };
    if constexpr (scalar_count<Op> == 0) {
      both([](const Tensor& x) { return ops::apply<Op>(x); });
    } else if constexpr (scalar_count<Op> == 1) {
      both([](const Tensor& x, double a) { return ops::apply<Op>(x, {a}); }, scalar_arg<0, Op>());
    } else {
      const auto f = [](const Tensor& x, double a, double b) { return ops::apply<Op>(x, {a, b}); };
      if constexpr (has_default<0, Op>)
        both(f, scalar_arg<0, Op>(), scalar_arg<1, Op>());
      else
        both(f, py::arg(Op::scalars[0].name), py::arg(Op::scalars[1].name));
    }
  }
}

template <class... Ops>
void bind_all(py::module_& m, TensorClass& tensor, OpList<Ops...>) {
  (bind_unary<Ops>(m, tensor), ...);
}

// What the documentation and the tests derive from the lists.
template <class Op>
py::dict description() {
  py::dict d;
  d["name"] = Op::name;
  d["formula"] = Op::formula;
  d["derivative"] = Op::derivative;
  d["ulp"] = Op::ulp;
  return d;
}
template <class... Ops>
void append_descriptions(py::list& list, OpList<Ops...>) {
  (list.append(description<Ops>()), ...);
}

Tensor gelu(const Tensor& x, const std::string& approximate) {
  if (approximate == "tanh") return ops::apply<formulas::GeluTanh>(x);
  check(approximate == "none", "gelu: approximate is '", approximate, "'; expected 'none' or 'tanh'");
  return ops::apply<formulas::Gelu>(x);
}

Tensor clamp(const Tensor& x, std::optional<double> min, std::optional<double> max) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  check(min || max, "clamp: at least one of min and max must be given");
  return ops::apply<formulas::Clamp>(x, {min.value_or(-infinity), max.value_or(infinity)});
}

Tensor where(const Tensor& condition, py::handle a, py::handle b) {
  const auto tensor = [&](py::handle h, py::handle other) {
    if (tensor_of(h.ptr())) return py::cast<Tensor>(h);
    const TensorImpl* t = tensor_of(other.ptr());
    const bool is_int = PyLong_Check(h.ptr());
    if (is_int && !(t && is_floating(t->dtype)))
      return ops::full_integer({}, to_int(h, "where"), DType::int64);
    return ops::full({}, py::cast<double>(h), t && is_floating(t->dtype) ? t->dtype : DType::float32);
  };
  return ops::where(condition, tensor(a, b), tensor(b, a));
}

}  // namespace

void bind_elementwise(py::module_& m, TensorClass& tensor) {
  bind_all(m, tensor, UnaryOps());
  m.def(
      "elementwise_ops",
      [] {
        py::list list;
        append_descriptions(list, UnaryOps());
        append_descriptions(list, BinaryOps());
        return list;
      },
      "Name, formula, derivative and float32 bound in ulp of every elementwise op.");
  m.def("gelu", gelu, py::arg("input"), py::arg("approximate") = "none",
        (documentation<formulas::Gelu>() + " approximate='tanh': " + formulas::GeluTanh::formula + ".")
            .c_str());
  const std::string clamp_doc = documentation<formulas::Clamp>();
  m.def("clamp", clamp, py::arg("input"), py::arg("min") = py::none(), py::arg("max") = py::none(),
        clamp_doc.c_str());
  tensor.def("clamp", clamp, py::arg("min") = py::none(), py::arg("max") = py::none(), clamp_doc.c_str());
  m.def(
      "maximum", [](const Tensor& a, const Tensor& b) { return ops::apply<formulas::Maximum>(a, b); },
      py::arg("input"), py::arg("other"),
      "The larger of two, element by element; the gradient is shared where they are equal.");
  m.def(
      "minimum", [](const Tensor& a, const Tensor& b) { return ops::apply<formulas::Minimum>(a, b); },
      py::arg("input"), py::arg("other"),
      "The smaller of two, element by element; the gradient is shared where they are equal.");
  m.def("where", where, py::arg("condition"), py::arg("input"), py::arg("other"),
        "input where condition holds, else other; broadcast.");
}

}  // namespace nncore::bind
