#include "numpy.h"

#include <pybind11/numpy.h>

#include "../core/default_dtype.h"
#include "../core/watch.h"
#include "../ops/create.h"
#include "../ops/shape.h"
#include "interpreter.h"

namespace nncore::bind {

namespace {

std::optional<DType> dtype_of_numpy(const py::dtype& type) {
  const char kind = type.kind();
  const auto size = type.itemsize();
  if (kind == 'f' && size == 4) return DType::float32;
  if (kind == 'f' && size == 8) return DType::float64;
  if (kind == 'i' && size == 8) return DType::int64;
  if (kind == 'i' && size == 4) return DType::int32;
  if (kind == 'u' && size == 1) return DType::uint8;
  if (kind == 'f' && size == 2) return DType::float16;
  if (kind == 'i' && size == 1) return DType::int8;
  if (kind == 'i' && size == 2) return DType::int16;
  if (kind == 'u' && size == 2) return DType::uint16;
  if (kind == 'b') return DType::boolean;
  return std::nullopt;
}

py::dtype numpy_dtype(DType dtype) {
  check<TypeError>(dtype != DType::bfloat16, "numpy: NumPy has no bfloat16; use .float().numpy()");
  return py::dtype(name(dtype));
}

DType supported(const char* op, const py::array& array) {
  const auto dtype = dtype_of_numpy(array.dtype());
  check<TypeError>(
      dtype.has_value(), op, ": NumPy dtype ", py::cast<std::string>(py::str(array.dtype())),
      " is not supported; convert with .astype() to a float of at most 64 bits, an integer or bool");
  return *dtype;
}

Shape shape_of(const py::array& array) {
  Shape shape;
  for (py::ssize_t i = 0; i < array.ndim(); i++) shape.push_back(array.shape(i));
  return shape;
}

// The array, copied unless it is dense, aligned and in native byte order.
py::array dense(const py::array& array) {
  const py::dtype native = py::reinterpret_borrow<py::dtype>(array.dtype().attr("newbyteorder")("="));
  return call_python(py::module_::import("numpy").attr("require"),
                     py::make_tuple(array, native, py::make_tuple("C", "A")));
}

Tensor copied(const char* op, const py::array& array) {
  const DType dtype = supported(op, array);
  const py::array source = dense(array);
  Tensor t = empty(shape_of(array), dtype, host());
  std::memcpy(t.data(), source.data(), t.bytes());
  return t;
}

// Converts an array of Python's ints to int64. NumPy makes it an array of objects or of uint64 if one of them
// is too long; then this raises ValueError.
py::array in_64_bits(const py::array& array) {
  const char kind = array.dtype().kind();
  const bool is_long = kind == 'O' || (kind == 'u' && array.itemsize() == 8);
  if (!is_long || array.size() == 0) return array;
  try {
    for (const py::handle value : py::iter(array.attr("flat"))) to_int(value, "tensor");
  } catch (const TypeError&) {
    return array;  // refused later, because of its own dtype
  }
  return array.attr("astype")("int64");
}

// The common floating dtype of the tensors, arrays and numbers in a list or tuple, or nothing if it is not known.
// Python's floats have the default dtype. Integers beside floats do not matter.
std::optional<DType> float_dtype_in(py::handle data) {
  PyObject* const p = data.ptr();
  if (PyFloat_CheckExact(p)) return default_dtype;
  if (PyLong_Check(p)) return std::nullopt;
  if (const TensorImpl* const t = tensor_of(p)) return t->dtype;
  if (py::hasattr(data, "dtype")) {
    const py::object type = data.attr("dtype");
    return py::isinstance<py::dtype>(type) ? dtype_of_numpy(type) : std::nullopt;
  }
  if (!PyList_Check(p) && !PyTuple_Check(p)) return std::nullopt;
  std::optional<DType> common;
  for (const py::handle item : data)
    if (const auto found = float_dtype_in(item)) common = common ? promote(*common, *found) : *found;
  return common;
}

void drop_reference(void* object) {
  with_interpreter([object] { Py_DECREF(static_cast<PyObject*>(object)); });
}

}  // namespace

Tensor from_numpy(py::handle object) {
  host_writes("from_numpy");
  check<TypeError>(py::isinstance<py::array>(object), "from_numpy: expected a NumPy array, got ",
                   Py_TYPE(object.ptr())->tp_name, "; use tensor() for other data");
  const auto array = py::reinterpret_borrow<py::array>(object);
  const DType dtype = supported("from_numpy", array);
  const bool native = py::cast<bool>(array.dtype().attr("isnative"));
  const auto address = reinterpret_cast<uintptr_t>(array.data());
  if (!native || !(array.flags() & py::array::c_style) || address % size_of(dtype) != 0)
    return copied("from_numpy", array);
  PyObject* owner = array.inc_ref().ptr();
  Ref<Storage> storage(new Storage(const_cast<void*>(array.data()), size_t(array.nbytes()), host(),
                                   drop_reference, owner, !array.writeable()));
  return Tensor(std::move(storage), 0, shape_of(array), dtype);
}

Tensor make_tensor(py::handle data, std::optional<DType> dtype) {
  if (const TensorImpl* impl = tensor_of(data.ptr())) {
    const Tensor t = Tensor(Ref<TensorImpl>(const_cast<TensorImpl*>(impl))).detach();
    return dtype && *dtype != t.dtype() ? ops::converted("tensor", t, *dtype) : ops::clone(t);
  }
  host_writes("tensor");
  const py::array array = call_python(py::module_::import("numpy").attr("asarray"), py::make_tuple(data));
  const bool has_width = py::hasattr(data, "dtype");
  if (!has_width && !dtype && array.dtype().kind() == 'f')
    dtype = float_dtype_in(data).value_or(default_dtype.load());
  Tensor t = copied("tensor", has_width ? array : in_64_bits(array));
  return dtype ? ops::converted("tensor", t, *dtype) : t;
}

const char* buffer_format(DType dtype) {
  constexpr const char* formats[dtype_count] = {"f", "d", "q", "i", "B", "?", "e", "", "b", "h", "H"};
  return formats[int(dtype)];
}

py::capsule keeper(const Tensor& t) {
  return {new Ref<Storage>(t.impl()->storage),
          [](void* storage) { delete static_cast<Ref<Storage>*>(storage); }};
}

py::object to_numpy(const Tensor& t) {
  host_reads("numpy");
  check<TypeError>(t.device().is_host(), "numpy: this tensor lies on '", t.device().name(),
                   "', whose memory NumPy cannot read; use .to('cpu').numpy()");
  const std::vector<py::ssize_t> shape(t.shape().begin(), t.shape().end());
  py::array array(numpy_dtype(t.dtype()), shape, {}, t.data(), keeper(t));
  array.attr("flags").attr("writeable") = false;
  return array;
}

namespace {

void refuse_gradient(const char* what, py::handle object) {
  check<Error>(
      !wants_gradient(object), what,
      ": NumPy computes no gradient for a tensor that requires grad; use nncore's function, or .detach()");
}

// x with an array in place of each tensor, also in lists and tuples.
py::object without_tensors(py::handle x, const char* function) {
  if (tensor_of(x.ptr())) {
    refuse_gradient(function, x);
    return x.attr("__array__")();
  }
  if (!PyList_CheckExact(x.ptr()) && !PyTuple_CheckExact(x.ptr()))
    return py::reinterpret_borrow<py::object>(x);
  py::list items;
  for (const py::handle item : x) items.append(without_tensors(item, function));
  return PyTuple_CheckExact(x.ptr()) ? py::object(py::tuple(items)) : py::object(items);
}

// NumPy's functions, such as np.mean, compute with arrays and return arrays.
py::object numpy_function(const py::object&, const py::object& function, const py::object&,
                          const py::tuple& args, const py::dict& kwargs) {
  const std::string name = py::cast<std::string>(function.attr("__name__"));
  py::dict named;
  for (const auto& [key, value] : kwargs) named[key] = without_tensors(value, name.c_str());
  return function(*py::tuple(without_tensors(args, name.c_str())), **named);
}

// NumPy's universal functions, such as np.exp, return tensors.
py::object wrapped(const py::object& self, const py::object& array, const py::object& context,
                   const py::object&) {
  refuse_gradient("numpy", self);
  if (!context.is_none()) {
    const py::tuple parts(context);  // the function, its arguments, the index of the output
    const py::object arguments = parts[1];
    for (const py::handle x : arguments) refuse_gradient("numpy", x);
  }
  return py::cast(from_numpy(array));
}

}  // namespace

void bind_numpy(py::class_<TensorImpl, Ref<TensorImpl>>& tensor) {
  tensor.attr("__array_priority__") = 1000;  // makes NumPy's operators leave mixed operands to Tensor
  tensor.def("__array_function__", numpy_function, py::arg("func"), py::arg("types"), py::arg("args"),
             py::arg("kwargs"));
  tensor.def("__array_wrap__", wrapped, py::arg("array"), py::arg("context") = py::none(),
             py::arg("return_scalar") = false);
}

py::object item(const Tensor& t) {
  host_reads("item");
  check(t.numel() == 1, "item: a tensor of shape ", t.shape(), " has ", t.numel(),
        " elements; only one converts to a Python number, use .tolist()");
  return visit_any(t.dtype(), [&](auto zero) -> py::object {
    const auto value = t.value_at<decltype(zero)>(0);
    if constexpr (std::is_arithmetic_v<decltype(zero)> && sizeof(zero) > 1)
      return py::cast(value);
    else if constexpr (std::is_same_v<decltype(zero), bool>)
      return py::bool_(value);
    else if constexpr (std::is_integral_v<decltype(zero)>)
      return py::int_(value);
    else
      return py::float_(float(value));
  });
}

}  // namespace nncore::bind
