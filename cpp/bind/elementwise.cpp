// A function and a method for every formula in the list: names, parameters, defaults and texts come from
// there, and so does the description that Python's modules and the documentation are written from.
#include "../ops/elementwise.h"

#include <pybind11/typing.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "../ops/arrange.h"
#include "../ops/create.h"
#include "../ops/index.h"
#include "../ops/shape.h"
#include "direct.h"

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

template <class Op>
std::string documentation_with_example() {
  std::string text = documentation<Op>();
  if (Op::source) text += std::string(" Source: ") + Op::source + ".";
  if (!Op::example.x) return text;
  const std::string scalars = Op::example.scalars;
  return text + "\n\n>>> nncore." + Op::name + "(nncore.tensor(" + Op::example.x + ")" +
         (scalars.empty() ? "" : ", ") + scalars + ")\ntensor(" + Op::example.y + ")";
}

// The type, the value and the declaration of parameter i.
template <class Op, size_t i>
using Number = std::conditional_t<Op::scalars[i].optional, std::optional<double>, double>;
template <class Op, size_t i>
double number(const Number<Op, i>& given) {
  if constexpr (Op::scalars[i].optional)
    return given.value_or(Op::scalars[i].value);
  else
    return given;
}
constexpr bool has_default(const Scalar& s) { return s.value == s.value; }
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
  const std::string doc = documentation_with_example<Op>();
  constexpr Public where = {.nncore = true, .functional = Op::layer.name != nullptr};
  const auto f = [](const Tensor& x, const Number<Op, i>&... s) {
    return ops::apply<Op>(x, ops::Scalars{number<Op, i>(s)...});
  };
  if constexpr (Op::layer.inplace)  // changes nothing: the result is a new tensor
    m.def(
        Op::name, [f](const Tensor& x, const Number<Op, i>&... s, bool) { return f(x, s...); },
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

// What the documentation, the tests and tools/make_modules.py derive from the lists.
template <class Op>
py::dict description() {
  py::dict d;
  d["name"] = Op::name;
  d["formula"] = Op::formula;
  d["derivative"] = Op::derivative;
  d["ulp"] = Op::ulp;
  if constexpr (requires { Op::layer; }) {
    d["layer"] = Op::layer.name;
    d["inplace"] = Op::layer.inplace;
    d["source"] = Op::source;
    d["example"] = py::make_tuple(Op::example.x, Op::example.y, Op::example.scalars);
    py::list scalars;
    for (int i = 0; i < scalar_count<Op>; i++) {
      const Scalar& s = Op::scalars[i];
      scalars.append(py::make_tuple(s.name, has_default(s) ? py::float_(s.value) : py::object(py::none()),
                                    s.shown_by_name));
    }
    d["scalars"] = scalars;
  }
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

// Bounds are numbers, tensors that broadcast, or None.
Tensor clamp(const Tensor& x, const py::object& min, const py::object& max) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  check(!min.is_none() || !max.is_none(), "clamp: at least one of min and max must be given");
  const bool tensors = tensor_of(min.ptr()) || tensor_of(max.ptr());
  if (tensors || !is_floating(x.dtype())) {
    const auto bound = [&](const py::object& b) {
      if (tensor_of(b.ptr())) return py::cast<Tensor>(b);
      if (PyLong_Check(b.ptr()) && !is_floating(x.dtype())) {
        const ops::IntegerRange range = ops::range_of(x.dtype());
        return ops::full_integer({}, std::clamp(to_int(b, "clamp"), range.least, range.most), x.dtype(),
                                 x.device());
      }
      return ops::full({}, to_real(b, "clamp"), is_floating(x.dtype()) ? x.dtype() : DType::float32,
                       x.device());
    };
    Tensor y = x;
    if (!min.is_none()) y = ops::apply<formulas::Maximum>(y, bound(min));
    if (!max.is_none()) y = ops::apply<formulas::Minimum>(y, bound(max));
    return y;
  }
  return ops::apply<formulas::Clamp>(x, {min.is_none() ? -infinity : to_real(min, "clamp"),
                                         max.is_none() ? infinity : to_real(max, "clamp")});
}

// weight: one value, or one for each channel, axis 1 (axis 0 of a vector).
Tensor prelu(const Tensor& x, const Tensor& weight) {
  check<TypeError>(is_floating(x.dtype()) && weight.dtype() == x.dtype(), "prelu: input is ", x.dtype(),
                   " and weight ", weight.dtype(), "; expected floats of one dtype");
  if (weight.numel() == 1) return ops::apply<formulas::Prelu>(x, ops::reshape(weight, {}));
  const int64_t channels = x.ndim() == 0 ? 1 : x.shape()[x.ndim() > 1];
  check(weight.ndim() == 1 && weight.numel() == channels, "prelu: weight has shape ", weight.shape(),
        "; expected one value, or one for each of the ", channels, " channels of ", x.shape());
  Shape shape = weight.shape();
  for (int i = 2; i < x.ndim(); i++) shape.push_back(1);
  return ops::apply<formulas::Prelu>(x, ops::reshape(weight, shape));
}

// a sigmoid(b) for the halves a, b of an axis (Dauphin et al. 2016)
Tensor glu(const Tensor& x, int64_t dim) {
  const int at = normalize_axis("glu", dim, x.ndim());
  check(x.ndim() > 0 && x.shape()[at] % 2 == 0, "glu: axis ", at, " of ", x.shape(),
        " must have an even size");
  const auto halves = ops::split(x, std::max<int64_t>(1, x.shape()[at] / 2), at);
  if (halves.size() == 1) return halves[0];
  return ops::multiply(halves[0], ops::apply<formulas::Sigmoid>(halves[1]));
}

// start + weight (end - start); weight a number or a tensor
Tensor lerp(const Tensor& start, const Tensor& end, const py::object& weight) {
  const Tensor d = ops::apply<formulas::Sub>(end, start);
  return ops::add(start, tensor_of(weight.ptr()) ? ops::multiply(d, py::cast<Tensor>(weight))
                                                 : ops::multiply(d, to_real(weight, "lerp")));
}

// x rounded to so many places after the point, or before it; to even where two are as near
Tensor round_to(const Tensor& x, int64_t decimals) {
  if (!is_floating(x.dtype()) && decimals >= 0) return ops::apply<formulas::Round>(x);
  check(decimals >= -300 && decimals <= 300, "round: decimals is ", decimals, " but must lie in -300..300");
  const double scale = std::pow(10, std::abs(decimals));
  const auto times = [&](const Tensor& t) { return ops::multiply(t, scale); };
  const auto over = [&](const Tensor& t) { return ops::apply<formulas::DivScalar>(t, {scale}); };
  if (decimals < 0) return times(ops::apply<formulas::Round>(over(x)));
  return over(ops::apply<formulas::Round>(times(x)));
}

template <class Op>
Tensor add_scaled(const Tensor& x, const Tensor& a, const Tensor& b, double value) {
  const Tensor y = ops::apply<Op>(a, b);
  return ops::add(x, value == 1 ? y : ops::multiply(y, value));
}

Tensor where(const Tensor& condition, py::handle a, py::handle b) {
  const auto tensor = [&](py::handle h, py::handle other) {
    if (tensor_of(h.ptr())) return py::cast<Tensor>(h);
    const TensorImpl* t = tensor_of(other.ptr());
    const bool is_int = PyLong_Check(h.ptr());
    if (is_int && !(t && is_floating(t->dtype))) {
      const DType dtype = t && t->dtype != DType::boolean ? t->dtype : DType::int64;
      return ops::full_integer({}, fitting(to_int(h, "where"), dtype, "where"), dtype, condition.device());
    }
    return ops::full({}, to_real(h, "where"), t && is_floating(t->dtype) ? t->dtype : DType::float32,
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
        "Raises ValueError in the caller's name where the elementwise op refuses these numbers.", internal);
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
  m.def(
      "gelu", gelu, py::arg("input"), py::arg("approximate") = "none",
      (documentation<formulas::Gelu>() + " approximate='tanh': " + formulas::GeluTanh::formula + ".").c_str(),
      everywhere);
  const std::string clamp_doc = documentation<formulas::Clamp>();
  for (const char* name : {"clamp", "clip"})
    bind_both(m, tensor, name, clamp, py::arg("min") = py::none(), py::arg("max") = py::none(),
              clamp_doc.c_str());
  m.def(
      "maximum", [](const Tensor& a, const Tensor& b) { return ops::apply<formulas::Maximum>(a, b); },
      py::arg("input"), py::arg("other"),
      "The larger of two, element by element; the gradient is shared where they are equal.");
  m.def(
      "minimum", [](const Tensor& a, const Tensor& b) { return ops::apply<formulas::Minimum>(a, b); },
      py::arg("input"), py::arg("other"),
      "The smaller of two, element by element; the gradient is shared where they are equal.");
  m.def("prelu", prelu, py::arg("input"), py::arg("weight"),
        (documentation<formulas::Prelu>() + " b is the weight, of all or of each channel.").c_str(),
        functional);
  bind_both(
      m, tensor, "round", round_to, py::kw_only(), py::arg("decimals"),
      "Rounded to so many decimal places; fewer than 0: to tens, hundreds, ..., of integers as float32.");
  m.def("glu", glu, py::arg("input"), py::arg("dim") = -1, "a sigmoid(b) for the halves a and b of an axis.",
        functional);
  bind_both(m, tensor, "lerp", lerp, py::arg("end"), py::arg("weight"),
            "input + weight (end - input), broadcast.");
  bind_both(m, tensor, "addcmul", add_scaled<formulas::Mul>, py::arg("tensor1"), py::arg("tensor2"),
            py::kw_only(), py::arg("value") = 1.0, "input + value tensor1 tensor2, broadcast.");
  bind_both(m, tensor, "addcdiv", add_scaled<formulas::Div>, py::arg("tensor1"), py::arg("tensor2"),
            py::kw_only(), py::arg("value") = 1.0, "input + value tensor1 / tensor2, broadcast.");
  tensor.def(
      "maximum", [](const Tensor& a, const Tensor& b) { return ops::apply<formulas::Maximum>(a, b); },
      py::arg("other"), "The larger of two, element by element.");
  tensor.def(
      "minimum", [](const Tensor& a, const Tensor& b) { return ops::apply<formulas::Minimum>(a, b); },
      py::arg("other"), "The smaller of two, element by element.");
  tensor.def("gelu", gelu, py::arg("approximate") = "none", "x Phi(x), element by element.");
  direct(m, tensor, "gelu", [](const Tensor& x) { return ops::apply<formulas::Gelu>(x); });
  direct(m, tensor, "maximum",
         [](const Tensor& a, const Tensor& b) { return ops::apply<formulas::Maximum>(a, b); });
  direct(m, tensor, "minimum",
         [](const Tensor& a, const Tensor& b) { return ops::apply<formulas::Minimum>(a, b); });
  m.def("where", where, py::arg("condition"), py::arg("input"), py::arg("other"),
        "input where condition holds, else other; broadcast.");
  m.def(
      "where",
      [](const Tensor& condition) -> py::typing::Tuple<Tensor, py::ellipsis> {
        return py::tuple(py::cast(ops::nonzero_by_axis(condition)));
      },
      py::arg("condition"), "nonzero(condition, as_tuple=True). Not in a compiled step.");
}

}  // namespace nncore::bind
