// Converts Python's objects to the core's types, and back.
#pragma once
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <optional>
#include <vector>

#include "../core/tensor.h"

PYBIND11_DECLARE_HOLDER_TYPE(T, nncore::Ref<T>, true)

namespace nncore::bind {

namespace py = pybind11;

extern PyTypeObject* tensor_type;

// The type of nncore.float32 and the other dtypes: one Python object per DType.
struct PyDType {
  DType value;
};
py::object dtype_object(DType dtype);
// The dtype that an object names: nncore's, Python's float, int and bool, "float32", np.float32, NumPy's dtype.
std::optional<DType> to_dtype(py::handle object);

// The tensor in a Python object, or null if the object is not a tensor.
inline TensorImpl* tensor_of(PyObject* object) {
  if (!PyObject_TypeCheck(object, tensor_type)) return nullptr;
  auto* impl =
      static_cast<TensorImpl*>(reinterpret_cast<py::detail::instance*>(object)->simple_value_holder[0]);
  check<TypeError>(impl != nullptr, "Tensor: this ", Py_TYPE(object)->tp_name,
                   " was never initialized; call super().__init__(data) in its __init__");
  return impl;
}

// The Python object of a value: its existing one, or a new one.
py::handle object_of(const Tensor& tensor);
// Sets up tensor_type to free such objects. Called once, when the class is made.
void adopt_tensor_type(py::handle type);

// An argument dim=None, dim=1 or dim=(0, 2).
struct Axes {
  std::vector<int64_t> list;
};

// A size or an index; raises TypeError for floats and bools. With an empty `what`, the error starts with the
// name of the called function, which mismatch.cpp adds.
int64_t to_int(py::handle object, const char* what);
// Whether a number is whole: an int of Python or NumPy, or a tensor of integers. Bools are not.
bool is_int(py::handle object);
inline bool is_whole(py::handle object) { return PyBool_Check(object.ptr()) || is_int(object); }
int64_t to_whole(py::handle object, const char* what);          // an int, or False and True as 0 and 1
int64_t fitting(int64_t value, DType dtype, const char* what);  // checks that the value fits the dtype
// A number; raises TypeError for strings and the like, and for a tensor whose gradient would be lost.
double to_real(py::handle object, const char* what);
inline bool wants_gradient(py::handle object) {
  const TensorImpl* const t = tensor_of(object.ptr());
  return t && t->requires_grad;
}
Shape to_shape(py::handle object);     // an int or a sequence of them
Shape to_shape(const py::args& args);  // f(2, 3) or f((2, 3))
// The same, or f(name=(2, 3))
Shape to_shape(const py::args& args, const std::optional<Shape>& named, const char* name);

}  // namespace nncore::bind

namespace pybind11::detail {

template <>
struct type_caster<nncore::Tensor> {
  PYBIND11_TYPE_CASTER(nncore::Tensor, const_name("nncore._core.Tensor"));
  bool load(handle source, bool) {
    nncore::TensorImpl* impl = nncore::bind::tensor_of(source.ptr());
    if (!impl) return false;
    value = nncore::Tensor(nncore::Ref<nncore::TensorImpl>(impl));
    return true;
  }
  static handle cast(const nncore::Tensor& tensor, return_value_policy, handle) {
    return tensor.defined() ? nncore::bind::object_of(tensor) : none().release();
  }
};

// Like pybind11's caster, but refuses a tensor whose gradient would be lost.
template <>
struct type_caster<double> {
  PYBIND11_TYPE_CASTER(double, io_name("typing.SupportsFloat | typing.SupportsIndex", "float"));
  bool load(handle source, bool convert) {
    PyObject* const object = source.ptr();
    if (!object || !(convert || PyFloat_Check(object) || PyLong_Check(object)) ||
        nncore::bind::wants_gradient(source))
      return false;
    value = PyFloat_AsDouble(object);
    if (value != -1 || !PyErr_Occurred()) return true;
    PyErr_Clear();
    return false;
  }
  static handle cast(double number, return_value_policy, handle) { return PyFloat_FromDouble(number); }
};

// Like pybind11's caster, but refuses what int() would truncate, such as np.float32(2.5) and a tensor of 2.5.
template <>
struct type_caster<int64_t> {
  PYBIND11_TYPE_CASTER(int64_t, io_name("typing.SupportsIndex", "int"));
  bool load(handle source, bool) {
    if (!source || !PyIndex_Check(source.ptr())) return false;
    const auto index = reinterpret_steal<object>(PyNumber_Index(source.ptr()));
    if (index) value = PyLong_AsLongLong(index.ptr());
    if (index && (value != -1 || !PyErr_Occurred())) return true;
    PyErr_Clear();
    return false;
  }
  static handle cast(int64_t number, return_value_policy, handle) { return PyLong_FromLongLong(number); }
};

// Without this caster, pybind11 would give an object that was never initialized uninitialized memory.
template <>
struct type_caster<nncore::TensorImpl> : type_caster_base<nncore::TensorImpl> {
  bool load(handle source, bool convert) {
    return nncore::bind::tensor_of(source.ptr()) &&
           type_caster_base<nncore::TensorImpl>::load(source, convert);
  }
};

template <>
struct type_caster<nncore::DType> {
  PYBIND11_TYPE_CASTER(nncore::DType, io_name("nncore._core.dtype | type | str", "nncore._core.dtype"));
  bool load(handle source, bool) {
    const std::optional<nncore::DType> dtype = nncore::bind::to_dtype(source);
    if (dtype) value = *dtype;
    return dtype.has_value();
  }
  static handle cast(nncore::DType dtype, return_value_policy, handle) {
    return nncore::bind::dtype_object(dtype).release();
  }
};

template <>
struct type_caster<nncore::Shape> {
  PYBIND11_TYPE_CASTER(nncore::Shape, io_name("int | collections.abc.Sequence[int]", "tuple[int, ...]"));
  bool load(handle source, bool) {
    value = nncore::bind::to_shape(source);
    return true;
  }
  static handle cast(const nncore::Shape& shape, return_value_policy, handle) {
    tuple sizes(shape.ndim());
    for (int i = 0; i < shape.ndim(); i++) sizes[i] = int_(shape[i]);
    return sizes.release();
  }
};

template <>
struct type_caster<nncore::bind::Axes> {
  PYBIND11_TYPE_CASTER(nncore::bind::Axes, const_name("int | collections.abc.Sequence[int] | None"));
  bool load(handle source, bool) {
    if (source.is_none()) return true;
    const nncore::Shape axes = nncore::bind::to_shape(source);
    value.list.assign(axes.begin(), axes.end());
    return true;
  }
  static handle cast(const nncore::bind::Axes&, return_value_policy, handle) { return none().release(); }
};

}  // namespace pybind11::detail
