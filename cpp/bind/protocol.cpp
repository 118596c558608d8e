// Binds the methods by which tensors behave as Python's numbers and as PyTorch's tensors.
#include "../ops/shape.h"
#include "device.h"
#include "module.h"
#include "numpy.h"
#include "write.h"

namespace nncore::bind {

namespace {

// PyTorch's names of the types of tensors, in the order of DType.
constexpr const char* type_names[dtype_count] = {
    "FloatTensor", "DoubleTensor",   "LongTensor", "IntTensor",   "ByteTensor",  "BoolTensor",
    "HalfTensor",  "BFloat16Tensor", "CharTensor", "ShortTensor", "UInt16Tensor"};

// x.type(), a name, or x.type(dtype), the values of another type.
py::object type_of_tensor(const Tensor& x, const py::object& dtype, bool) {
  if (dtype.is_none()) return py::str(std::string("nncore.") + type_names[int(x.dtype())]);
  if (py::isinstance<PyDType>(dtype)) return py::cast(typed(x, py::cast<DType>(dtype)));
  if (!py::isinstance<py::str>(dtype)) {
    check<TypeError>(py::hasattr(dtype, "dtype") && py::isinstance<PyDType>(dtype.attr("dtype")),
                     "type: expected a dtype such as nncore.float64 or 'nncore.DoubleTensor', got ",
                     Py_TYPE(dtype.ptr())->tp_name);
    return py::cast(typed(x, py::cast<DType>(dtype.attr("dtype"))));
  }
  const std::string text = py::cast<std::string>(dtype), wanted = text.substr(text.rfind('.') + 1);
  for (int i = 0; i < dtype_count; i++)
    if (wanted == type_names[i]) return py::cast(typed(x, DType(i)));
  raise<ValueError>("type: '", text, "' is not a type of tensors; expected one such as 'nncore.FloatTensor'");
}

py::object formatted(const py::object& self, const py::object& spec) {
  const Tensor x = py::cast<Tensor>(self);
  if (x.ndim() == 0) return item(x).attr("__format__")(spec);
  check<TypeError>(py::len(spec) == 0, "format: a tensor of shape ", x.shape(), " cannot be formatted with '",
                   py::cast<std::string>(spec),
                   "'; only 0-dimensional tensors can, use .item() or .tolist()");
  return py::str(self);
}

bool contains(const py::object& self, const py::object& element) {
  const bool fits = tensor_of(element.ptr()) || PyNumber_Check(element.ptr());
  const py::object equal =
      fits ? self.attr("__eq__")(element) : py::reinterpret_borrow<py::object>(Py_NotImplemented);
  check<TypeError>(equal.ptr() != Py_NotImplemented, "in: expected a number or a tensor, got ",
                   Py_TYPE(element.ptr())->tp_name);
  return py::cast<bool>(equal.attr("any")().attr("item")());
}

}  // namespace

void bind_protocol(py::module_& m, TensorClass& tensor) {
  tensor.def("__format__", formatted, py::arg("spec"));
  tensor.def("__contains__", contains, py::arg("element"));
  tensor.def(
      "__round__",
      [](const py::object& self, const py::object& digits) {
        return digits.is_none() ? self.attr("round")() : self.attr("round")(py::arg("decimals") = digits);
      },
      py::arg("ndigits") = py::none());
  tensor.def(
      "__array_namespace__",
      [](const Tensor&, const py::object&) { return py::module_::import("nncore.array_api"); }, py::kw_only(),
      py::arg("api_version") = py::none());
  tensor.def("nelement", [](const Tensor& x) { return x.numel(); }, "The number of elements.");
  tensor.def("ndimension", [](const Tensor& x) { return x.ndim(); }, "The number of axes.");
  m.def("numel", [](const Tensor& x) { return x.numel(); }, py::arg("input"), "The number of elements.");
  m.def(
      "is_tensor", [](const py::object& object) { return tensor_of(object.ptr()) != nullptr; },
      py::arg("obj"), "Whether an object is a tensor.");
  bind_both(
      m, tensor, "is_floating_point", [](const Tensor& x) { return is_floating(x.dtype()); },
      "Whether the elements are floating-point numbers.");
  tensor.def("type", type_of_tensor, py::arg("dtype") = py::none(), py::arg("non_blocking") = false,
             "The name of the type of the elements, or, with dtype, the values of another type.\n\n"
             ">>> nncore.ones(2).type(), nncore.ones(2).type('nncore.LongTensor')\n('nncore.FloatTensor', "
             "tensor([1, 1]))");
  tensor.def(
      "type_as",
      [](const Tensor& x, const Tensor& other) {
        return x.dtype() == other.dtype() ? x : typed(x, other.dtype());
      },
      py::arg("other"), "The values as the dtype of another tensor.");
  tensor.def(
      "reshape_as", [](const Tensor& x, const Tensor& other) { return ops::reshape(x, other.shape()); },
      py::arg("other"), "The same elements in the shape of another tensor.");
  for (const char* name : {"swapaxes", "swapdims"}) {
    const bool axes = name == std::string("swapaxes");
    const auto first = py::arg(axes ? "axis0" : "dim0"), second = py::arg(axes ? "axis1" : "dim1");
    const auto swap = [](const Tensor& x, int64_t a, int64_t b) { return part(x, ops::transpose(x, a, b)); };
    bind_both(m, tensor, name, swap, first, second, "Exchanges two axes.");
  }
  tensor.def_property_readonly(
      "mT",
      [](const Tensor& x) {
        check(x.ndim() >= 2, "mT: expected matrices, got shape ", x.shape());
        return part(x, ops::transpose(x, -2, -1));
      },
      "The transpose of each matrix: the last two axes are exchanged.");
}

}  // namespace nncore::bind
