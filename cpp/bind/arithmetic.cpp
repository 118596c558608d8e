// Python's operators between tensors, numbers, NumPy arrays, lists and tuples. A Python number takes the
// tensor's dtype, as in PyTorch; a float beside integers makes the default dtype. Arrays, lists and tuples become tensors.
#include <pybind11/numpy.h>

#include <cstring>

#include "../core/default_dtype.h"
#include "../core/watch.h"
#include "../ops/create.h"
#include "../ops/device.h"
#include "../ops/elementwise.h"
#include "../ops/linear.h"
#include "../ops/reduce.h"
#include "../ops/shape.h"
#include "../ops/write.h"
#include "direct.h"
#include "interpreter.h"
#include "numpy.h"
#include "write.h"

namespace nncore::bind {

namespace {

using ops::apply;
using namespace formulas;

py::int_ index_of(py::handle h) {
  const auto value = py::reinterpret_steal<py::int_>(PyNumber_Index(h.ptr()));
  if (!value) throw py::error_already_set();
  return value;
}

Tensor integer_scalar(const char* op, py::handle number, const Tensor& like) {
  const int64_t value = to_whole(number, op);
  const bool widens = like.dtype() == DType::boolean && !PyBool_Check(number.ptr());
  const DType type = widens ? DType::int64 : like.dtype();
  return ops::full_integer({}, fitting(value, type, op), type, like.device());
}

double real_scalar(const char* op, py::handle number, DType dtype) {
  const double value = to_real(number, op);
  ops::check_holds(op, dtype, value);
  return value;
}

// x in the dtype of its operation with a number.
template <class Op>
Tensor beside_number(const Tensor& x, py::handle number) {
  check_computes(ops::binary_info[BinaryOps::index_of<Op>].name, x.dtype());
  if (std::is_same_v<Op, Sub>)
    ops::check_subtracts(x.dtype() == DType::boolean || PyBool_Check(number.ptr()));
  const bool stays = PyIndex_Check(number.ptr()) && !std::is_same_v<Op, Div>;
  return stays ? x : ops::cast(x, real_type(x.dtype()));
}

// x op number. On floats, uses the formula with the number as a constant, if there is one.
template <class Op, class ScalarOp>
constexpr bool has_scalar_form = !std::is_same_v<Op, ScalarOp>;

template <class Op, class ScalarOp>
Tensor with_number(const Tensor& tensor, py::handle number) {
  const char* const name = ops::binary_info[BinaryOps::index_of<Op>].name;
  const Tensor x = beside_number<Op>(tensor, number);
  if (std::is_same_v<Op, Pow> && x.dtype() == DType::boolean && PyBool_Check(number.ptr()))
    return ops::compare(CompareOps::index_of<LogicalOr>, x,
                        ops::full({}, number.ptr() == Py_False, DType::boolean, x.device()));
  if (!is_floating(x.dtype())) return apply<Op>(x, integer_scalar(name, number, x));
  const double value = real_scalar(name, number, x.dtype());
  if constexpr (has_scalar_form<Op, ScalarOp>)
    return ops::unary(UnaryOps::index_of<ScalarOp>, x, {value});
  else
    return apply<Op>(x, ops::full({}, value, x.dtype(), x.device()));
}
template <class Op, class ScalarOp>
Tensor number_with(const Tensor& tensor, py::handle number) {
  const char* const name = ops::binary_info[BinaryOps::index_of<Op>].name;
  const Tensor x = beside_number<Op>(tensor, number);
  if (!is_floating(x.dtype())) return apply<Op>(integer_scalar(name, number, x), x);
  const double value = real_scalar(name, number, x.dtype());
  if constexpr (has_scalar_form<Op, ScalarOp>)
    return ops::unary(UnaryOps::index_of<ScalarOp>, x, {value});
  else
    return apply<Op>(ops::full({}, value, x.dtype(), x.device()), x);
}

bool is_array(py::handle h) {
  return py::isinstance<py::array>(h) || PyList_Check(h.ptr()) || PyTuple_Check(h.ptr());
}

// The array, list or tuple h as a tensor beside x.
Tensor array_beside(const Tensor& x, py::handle h) {
  return ops::to_device(make_tensor(h, std::nullopt), x.device());
}

py::object not_implemented() { return py::reinterpret_borrow<py::object>(Py_NotImplemented); }

// op(a, b) for a tensor and any operand that this file describes; NotImplemented for other operands.
template <class Op, class Right, class Left>
py::object mixed(py::handle a, py::handle b) {
  const bool ta = tensor_of(a.ptr()), tb = tensor_of(b.ptr());
  if (ta && tb) return py::cast(apply<Op>(py::cast<Tensor>(a), py::cast<Tensor>(b)));
  if (ta) {
    const Tensor x = py::cast<Tensor>(a);
    if (is_array(b)) return py::cast(apply<Op>(x, array_beside(x, b)));
    if (is_number(b)) return py::cast(with_number<Op, Right>(x, b));
  } else if (tb) {
    const Tensor x = py::cast<Tensor>(b);
    if (is_array(a)) return py::cast(apply<Op>(array_beside(x, a), x));
    if (is_number(a)) return py::cast(number_with<Op, Left>(x, a));
  }
  return not_implemented();
}

// The same, but raises TypeError for other operands.
template <class Op, class Right, class Left>
Tensor combined(const char* name, py::handle a, py::handle b) {
  const py::object y = mixed<Op, Right, Left>(a, b);
  check<TypeError>(y.ptr() != Py_NotImplemented, name, ": expected tensors, numbers or arrays, got ",
                   Py_TYPE(a.ptr())->tp_name, " and ", Py_TYPE(b.ptr())->tp_name);
  return py::cast<Tensor>(y);
}

// The slot in which the interpreter finds a binary operator. If the slot is empty, it looks up the method by
// name, which takes longer.
using Slot = binaryfunc PyNumberMethods::*;

// Whether only the interpreter's stack holds the object.
bool is_temporary(PyObject* object) {
#if PY_VERSION_HEX >= 0x030e0000
  return PyUnstable_Object_IsUniqueReferencedTemporary(object);
#else
  return Py_REFCNT(object) == 1;
#endif
}

// a op= b, where compute(a, b) is a op b. In `x[i] += b`, a is the temporary result of x[i], a copy, and the
// interpreter assigns the returned value to x[i].
py::object augmented(const char* name, py::object (*compute)(py::handle, py::handle), py::handle a,
                     py::handle b, bool temporary) {
  const Tensor target = py::cast<Tensor>(a);
  if (temporary && target.impl()->is_part) return compute(a, b);
  ops::check_target(name, target);
  const py::object value = compute(a, b);
  if (value.ptr() == Py_NotImplemented) return value;
  ops::assign(name, target, py::cast<Tensor>(value));
  return py::reinterpret_borrow<py::object>(a);
}

template <auto compute, auto name_of_op>
PyObject* run_augmented(PyObject* a, PyObject* b) {
  return call_guarded([&] { return augmented(name_of_op(), compute, a, b, is_temporary(a)); });
}

// Binds the operator `symbol`=, such as +=. `slot` is null for **=, whose slot takes a third operand, None.
template <auto compute, auto name_of_op>
void bind_augmented(TensorClass& tensor, const char* symbol, Slot slot) {
  tensor.def((std::string("__i") + symbol + "__").c_str(),
             [](const py::object& self, const py::object& other) {
               return augmented(name_of_op(), compute, self, other, false);
             },
             py::arg("other"));
  PyNumberMethods& methods = *tensor_type->tp_as_number;
  if (slot)
    methods.*slot = run_augmented<compute, name_of_op>;
  else
    methods.nb_inplace_power = [](PyObject* a, PyObject* b, PyObject*) {
      return run_augmented<compute, name_of_op>(a, b);
    };
}

template <class Op, class Right, class Left>
void bind_operator(py::module_& m, TensorClass& tensor, const char* name, const char* symbol, Slot slot,
                   Slot in_place, const char* doc, const char* second = "other") {
  const auto function = [name](const py::object& a, const py::object& b) {
    return combined<Op, Right, Left>(name, a, b);
  };
  bind_both(m, tensor, name, function, py::arg(second), doc);
  direct(m, tensor, name, [](const Tensor& a, const Tensor& b) { return apply<Op>(a, b); });
  if (!*symbol) return;
  const auto reflected = [](py::handle a, py::handle b) { return mixed<Op, Right, Left>(b, a); };
  tensor.def((std::string("__") + symbol + "__").c_str(), mixed<Op, Right, Left>, py::arg("other"));
  tensor.def((std::string("__r") + symbol + "__").c_str(), reflected, py::arg("other"));
  constexpr auto op_name = [] { return ops::binary_info[BinaryOps::index_of<Op>].name; };
  bind_augmented<mixed<Op, Right, Left>, op_name>(tensor, symbol, in_place);
  if (!slot) return;
  tensor_type->tp_as_number->*slot = [](PyObject* a, PyObject* b) {
    return call_guarded([&] { return mixed<Op, Right, Left>(a, b); });
  };
}

// PyTorch's add and sub: a + alpha b and a - alpha b
template <class Op, class Right, class Left>
void bind_alpha(py::module_& m, TensorClass& tensor, const char* name, const char* doc) {
  const auto f = [name](const py::object& a, const py::object& b, const py::object& alpha) {
    check<TypeError>(is_number(alpha) && !tensor_of(alpha.ptr()), name, ": alpha is ",
                     Py_TYPE(alpha.ptr())->tp_name, "; expected a number");
    if (tensor_of(b.ptr()))
      return combined<Op, Right, Left>(name, a,
                                       py::cast(combined<Mul, MulScalar, MulScalar>(name, b, alpha)));
    if (!is_number(b)) return combined<Op, Right, Left>(name, a, b);  // refuses it
    if (PyIndex_Check(b.ptr()) && PyIndex_Check(alpha.ptr()))         // Python's ints may exceed a float
      return combined<Op, Right, Left>(name, a, index_of(b) * index_of(alpha));
    return combined<Op, Right, Left>(name, a, py::float_(to_real(b, name) * to_real(alpha, name)));
  };
  bind_both(m, tensor, name, f, py::arg("other"), py::kw_only(), py::arg("alpha"), doc);
}

// a / b, rounded toward zero ('trunc') or down ('floor'), or exact without `rounding`.
Tensor divided(const py::object& a, const py::object& b, const std::optional<std::string>& rounding) {
  if (!rounding) return combined<Div, DivScalar, RdivScalar>("div", a, b);
  if (*rounding == "floor") return combined<FloorDivide, FloorDivide, FloorDivide>("div", a, b);
  check(*rounding == "trunc", "div: rounding_mode is '", *rounding, "'; expected 'trunc', 'floor' or None");
  const auto is_exact = [](py::handle h) {
    return tensor_of(h.ptr()) ? !is_floating(py::cast<Tensor>(h).dtype()) : is_whole(h);
  };
  if (!is_exact(a) || !is_exact(b)) return apply<Trunc>(combined<Div, DivScalar, RdivScalar>("div", a, b));
  const py::object rest = py::cast(combined<Fmod, Fmod, Fmod>("div", a, b));
  const py::object whole = py::cast(combined<Sub, SubScalar, RsubScalar>("div", a, rest));
  return combined<FloorDivide, FloorDivide, FloorDivide>("div", whole, b);
}

// Compares exactly: an int outside the dtype of x, and a float beside integers, widen x.
Tensor compare_number(int op, const Tensor& x, py::handle number) {
  const char* const name = ops::compare_names[op];
  const auto integer = [&](int64_t value, DType dtype) {
    return ops::full_integer({}, value, dtype, x.device());
  };
  if (is_floating(x.dtype()) || !is_whole(number)) {
    const DType dtype = is_floating(x.dtype()) ? x.dtype() : DType::float64;
    return ops::compare(op, x, ops::full({}, real_scalar(name, number, dtype), dtype, x.device()));
  }
  const int64_t value = to_whole(number, name);
  const ops::IntegerRange range = ops::range_of(x.dtype());
  if (x.dtype() != DType::boolean && range.least <= value && value <= range.most)
    return ops::compare(op, x, integer(value, x.dtype()));
  return ops::compare(op, ops::cast(x.detach(), DType::int64), integer(value, DType::int64));
}

// Whether == with this object is an answer rather than an error: a list of strings equals no tensor.
bool is_numeric(py::handle h) {
  const py::array array = call_python(py::module_::import("numpy").attr("asarray"), py::make_tuple(h));
  return array.dtype().kind() != 'U' && array.dtype().kind() != 'S' && array.dtype().kind() != 'O';
}

py::object compared(int op, const Tensor& a, py::handle b) {
  if (tensor_of(b.ptr())) return py::cast(ops::compare(op, a, py::cast<Tensor>(b)));
  if (is_array(b) && is_numeric(b)) return py::cast(ops::compare(op, a, array_beside(a, b)));
  if (is_number(b)) return py::cast(compare_number(op, a, b));
  return not_implemented();
}

template <class... Names>
void bind_comparison(py::module_& m, TensorClass& tensor, int op, const Names&... operators) {
  const std::string name = ops::compare_names[op];
  const auto function = [op, name](const Tensor& a, const py::object& b) {
    const py::object y = compared(op, a, b);
    check<TypeError>(y.ptr() != Py_NotImplemented, name, ": expected a tensor, a number or an array, got ",
                     Py_TYPE(b.ptr())->tp_name);
    return py::cast<Tensor>(y);
  };
  [[maybe_unused]] const auto compare = [op](const Tensor& a, py::handle b) { return compared(op, a, b); };
  const char* doc = "Compares element by element; returns a bool tensor.";
  bind_both(m, tensor, name.c_str(), function, py::arg("other"), doc);
  (tensor.def(operators, compare, py::arg("other")), ...);
}

// The other operand of an operation on the bits of x, or an undefined tensor.
Tensor bits_beside(const char* name, const Tensor& x, py::handle h) {
  if (tensor_of(h.ptr())) return py::cast<Tensor>(h);
  if (PyBool_Check(h.ptr())) return ops::full({}, h.ptr() == Py_True, DType::boolean, x.device());
  if (is_array(h)) return array_beside(x, h);
  return PyIndex_Check(h.ptr()) ? integer_scalar(name, h, x) : Tensor();
}

template <class Op, bool reflected>
py::object bits_mixed(const Tensor& x, py::handle h) {
  constexpr int op = BitwiseOps::index_of<Op>;
  const Tensor other = bits_beside(Op::name, x, h);
  if (!other.defined()) return not_implemented();
  return py::cast(reflected ? ops::bitwise(op, other, x) : ops::bitwise(op, x, other));
}

template <class Op>
py::object bits(py::handle a, py::handle b) {
  return bits_mixed<Op, false>(py::cast<Tensor>(a), b);
}

template <class Op>
void bind_bitwise(py::module_& m, TensorClass& tensor, const std::string& symbol, Slot in_place,
                  const char* doc) {
  const auto f = [](const Tensor& x, const py::object& h) {
    const py::object y = bits_mixed<Op, false>(x, h);
    check<TypeError>(y.ptr() != Py_NotImplemented, Op::name, ": expected a tensor, an int or an array, got ",
                     Py_TYPE(h.ptr())->tp_name);
    return py::cast<Tensor>(y);
  };
  bind_both(m, tensor, Op::name, f, py::arg("other"), doc);
  tensor.def(("__" + symbol + "__").c_str(), bits_mixed<Op, false>, py::arg("other"));
  tensor.def(("__r" + symbol + "__").c_str(), bits_mixed<Op, true>, py::arg("other"));
  bind_augmented<bits<Op>, [] { return Op::name; }>(tensor, symbol.c_str(), in_place);
}

// A test of one tensor, which is both operands of the comparison.
template <class Op>
void bind_question(py::module_& m, TensorClass& tensor, const char* name, const char* doc) {
  bind_both(
      m, tensor, name, [](const Tensor& x) { return ops::compare(CompareOps::index_of<Op>, x, x); }, doc);
}

// a @ b, where one of them may be an array, a list or a tuple: it takes the wider dtype of both.
py::object matrix_product(const Tensor& a, py::handle b, bool reflected) {
  if (tensor_of(b.ptr())) return py::cast(ops::matmul(a, py::cast<Tensor>(b)));
  if (!is_array(b)) return not_implemented();
  const Tensor other = array_beside(a, b);
  const DType dtype = promote(a.dtype(), other.dtype());
  const Tensor x = ops::cast(a, dtype), y = ops::cast(other, dtype);
  return py::cast(reflected ? ops::matmul(y, x) : ops::matmul(x, y));
}

// Whether a and b have the same shape and elements.
bool all_equal(const Tensor& a, const Tensor& b) {
  if (!(a.shape() == b.shape())) return false;
  host_reads("equal");
  return ops::any_all(ops::equal(a, b), true, {}, false).value_at<bool>(0);
}

Tensor logical_not(const Tensor& x) {
  return ops::equal(x.detach(), ops::full({}, 0, x.dtype(), x.device()));
}

Tensor bitwise_not(const Tensor& x) {
  check_computes("bitwise_not", x.dtype());
  check<TypeError>(!is_floating(x.dtype()), "bitwise_not: expected integers or bools, got ", x.dtype(),
                   "; convert with .long(), or compare first");
  if (x.dtype() == DType::boolean) return logical_not(x);
  const Tensor ones =
      ops::full_integer({}, x.dtype() == DType::uint8 ? UINT8_MAX : -1, DType::int64, x.device());
  return ops::bitwise(BitwiseOps::index_of<BitwiseXor>, x, ops::cast(ones, x.dtype()));
}

}  // namespace

void bind_arithmetic(py::module_& m, TensorClass& tensor) {
  bind_operator<Add, AddScalar, AddScalar>(m, tensor, "add", "add", &PyNumberMethods::nb_add,
                                           &PyNumberMethods::nb_inplace_add, "a + b, broadcast.");
  bind_operator<Sub, SubScalar, RsubScalar>(m, tensor, "sub", "sub", &PyNumberMethods::nb_subtract,
                                            &PyNumberMethods::nb_inplace_subtract, "a - b, broadcast.");
  bind_alpha<Add, AddScalar, AddScalar>(m, tensor, "add", "a + alpha b, broadcast.");
  bind_alpha<Sub, SubScalar, RsubScalar>(m, tensor, "sub", "a - alpha b, broadcast.");
  bind_operator<Mul, MulScalar, MulScalar>(m, tensor, "mul", "mul", &PyNumberMethods::nb_multiply,
                                           &PyNumberMethods::nb_inplace_multiply, "a * b, broadcast.");
  bind_operator<Div, DivScalar, RdivScalar>(m, tensor, "div", "truediv", &PyNumberMethods::nb_true_divide,
                                            &PyNumberMethods::nb_inplace_true_divide,
                                            "a / b, broadcast; integers divide to the default dtype.");
  bind_both(m, tensor, "div", divided, py::arg("other"), py::kw_only(), py::arg("rounding_mode"),
            "a / b, rounded toward zero ('trunc') or down ('floor'); the dtype is that of a and b.");
  bind_operator<Pow, PowScalar, RpowScalar>(m, tensor, "pow", "pow", nullptr, nullptr,
                                            "a to the power b, broadcast.", "exponent");
  bind_operator<Atan2, Atan2, Atan2>(m, tensor, "atan2", "", nullptr, nullptr,
                                     "The angle of the point (b, a) in (-pi, pi], broadcast.");
  bind_operator<Logaddexp, Logaddexp, Logaddexp>(m, tensor, "logaddexp", "", nullptr, nullptr,
                                                 "ln(e^a + e^b), broadcast.");
  tensor.def("__neg__", [](const Tensor& x) { return apply<Neg>(x); });
  tensor.def("__pos__", [](const Tensor& x) {
    check<TypeError>(x.dtype() != DType::boolean,
                     "+: expected numbers, got bools; convert them with .long()");
    return x;
  });
  tensor.def("__abs__", [](const Tensor& x) { return apply<Abs>(x); });
  bind_operator<Remainder, Remainder, Remainder>(
      m, tensor, "remainder", "mod", &PyNumberMethods::nb_remainder, &PyNumberMethods::nb_inplace_remainder,
      "a - floor(a / b) b, broadcast; the result has the sign of b.");
  bind_operator<FloorDivide, FloorDivide, FloorDivide>(
      m, tensor, "floor_divide", "floordiv", &PyNumberMethods::nb_floor_divide,
      &PyNumberMethods::nb_inplace_floor_divide, "floor(a / b), broadcast.");
  bind_operator<Fmod, Fmod, Fmod>(m, tensor, "fmod", "", nullptr, nullptr,
                                  "a - trunc(a / b) b, broadcast; the result has the sign of a.");
  bind_comparison(m, tensor, CompareOps::index_of<Eq>, "__eq__");
  bind_comparison(m, tensor, CompareOps::index_of<Ne>, "__ne__");
  bind_comparison(m, tensor, CompareOps::index_of<Lt>, "__lt__");
  bind_comparison(m, tensor, CompareOps::index_of<Le>, "__le__");
  bind_comparison(m, tensor, CompareOps::index_of<Gt>, "__gt__");
  bind_comparison(m, tensor, CompareOps::index_of<Ge>, "__ge__");
  tensor.def(
      "__matmul__", [](const Tensor& a, py::handle b) { return matrix_product(a, b, false); },
      py::arg("other"));
  tensor.def(
      "__rmatmul__", [](const Tensor& a, py::handle b) { return matrix_product(a, b, true); },
      py::arg("other"));
  bind_comparison(m, tensor, CompareOps::index_of<LogicalAnd>);
  bind_comparison(m, tensor, CompareOps::index_of<LogicalOr>);
  bind_comparison(m, tensor, CompareOps::index_of<LogicalXor>);
  bind_both(
      m, tensor, "equal", all_equal, py::arg("other"),
      "Whether two tensors have the same shape and elements; NaN is not equal to itself. Not allowed in a "
      "compiled step.\n\n>>> nncore.equal(nncore.ones(2), nncore.ones(2)), "
      "nncore.ones(2).equal(nncore.ones(1, 2))\n(True, False)");
  bind_both(m, tensor, "logical_not", logical_not, "Whether each element is 0.");
  bind_bitwise<BitwiseAnd>(m, tensor, "and", &PyNumberMethods::nb_inplace_and,
                           "a & b of integers or bools, broadcast.");
  bind_bitwise<BitwiseOr>(m, tensor, "or", &PyNumberMethods::nb_inplace_or,
                          "a | b of integers or bools, broadcast.");
  bind_bitwise<BitwiseXor>(m, tensor, "xor", &PyNumberMethods::nb_inplace_xor,
                           "a ^ b of integers or bools, broadcast.");
  bind_bitwise<LeftShift>(m, tensor, "lshift", &PyNumberMethods::nb_inplace_lshift,
                          "a << b of integers, broadcast; 0 if b is not a number of bits of the dtype.");
  bind_bitwise<RightShift>(m, tensor, "rshift", &PyNumberMethods::nb_inplace_rshift,
                           "a >> b of integers, broadcast; the sign of a fills the upper bits.");
  bind_both(m, tensor, "bitwise_not", bitwise_not, "~x of integers or bools.");
  tensor.def("__invert__", bitwise_not);
  bind_question<Ne>(m, tensor, "isnan", "Whether each element is NaN.");
  bind_question<IsInf>(m, tensor, "isinf", "Whether each element is infinite.");
  bind_question<IsFinite>(m, tensor, "isfinite", "Whether each element is neither infinite nor NaN.");
}

}  // namespace nncore::bind
