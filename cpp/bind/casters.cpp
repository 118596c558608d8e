#include "casters.h"

#include "../ops/create.h"

namespace nncore::bind {

namespace {

using Holder = Ref<TensorImpl>;
destructor pybind11_dealloc = nullptr;

void dealloc(PyObject* self) {
  auto* object = reinterpret_cast<py::detail::instance*>(self);
  if (Py_TYPE(self) != tensor_type || object->simple_instance_registered || object->has_patients ||
      !object->simple_holder_constructed)
    return pybind11_dealloc(self);
  const py::error_scope keeps_exception;
  if (object->weakrefs) PyObject_ClearWeakRefs(self);
  auto& holder = reinterpret_cast<Holder&>(object->simple_value_holder[1]);
  holder->object = nullptr;
  holder.~Holder();
  tensor_type->tp_free(self);
  Py_DECREF(tensor_type);
}

}  // namespace

PyTypeObject* tensor_type = nullptr;

void adopt_tensor_type(py::handle type) {
  tensor_type = reinterpret_cast<PyTypeObject*>(type.ptr());
  pybind11_dealloc = std::exchange(tensor_type->tp_dealloc, dealloc);
}

// pybind11 finds the object of a value in a table, which costs as much as a small operation: four look-ups to
// make and free an object. A value that the caller alone holds has no object yet, so one is made without the
// table, as pybind11 lays it out, and the value remembers it. Objects made by the constructor are in the
// table.
py::handle object_of(const Tensor& tensor) {
  TensorImpl* impl = tensor.impl();
  if (impl->object) return py::handle(static_cast<PyObject*>(impl->object)).inc_ref();
  if (impl->use_count() > 1)
    return py::detail::type_caster<Holder>::cast(tensor.ref(), py::return_value_policy::move, {});
  PyObject* self = tensor_type->tp_alloc(tensor_type, 0);
  if (!self) throw py::error_already_set();
  auto* object = reinterpret_cast<py::detail::instance*>(self);
  object->simple_layout = object->owned = object->simple_holder_constructed = true;
  object->simple_value_holder[0] = impl;
  new (&object->simple_value_holder[1]) Holder(impl);
  impl->object = self;
  return self;
}

py::object dtype_object(DType dtype) {
  static PyObject* objects[dtype_count] = {};  // never freed: they live as long as the interpreter
  PyObject*& object = objects[int(dtype)];
  if (!object) object = py::cast(PyDType{dtype}).release().ptr();
  return py::reinterpret_borrow<py::object>(object);
}

int64_t to_int(py::handle object, const char* what) {
  check<TypeError>(PyIndex_Check(object.ptr()) && !PyBool_Check(object.ptr()), what,
                   ": expected an int, got ", Py_TYPE(object.ptr())->tp_name);
  py::object index = py::reinterpret_steal<py::object>(PyNumber_Index(object.ptr()));
  if (!index) throw py::error_already_set();
  int overflow = 0;
  const int64_t value = PyLong_AsLongLongAndOverflow(index.ptr(), &overflow);
  check(overflow == 0, what, ": ", py::cast<std::string>(py::str(index)), " does not fit in 64 bits");
  return value;
}

int64_t fitting(int64_t value, DType dtype, const char* what) {
  const ops::IntegerRange range = ops::range_of(dtype);
  check(range.least <= value && value <= range.most, what, ": ", value, " does not fit ", dtype);
  return value;
}

double to_real(py::handle object, const char* what) {
  const double value = PyFloat_AsDouble(object.ptr());
  if (value == -1 && PyErr_Occurred()) {
    const bool large = PyErr_ExceptionMatches(PyExc_OverflowError);
    PyErr_Clear();
    check(!large, what, ": ", py::cast<std::string>(py::str(object)), " does not fit a float");
    raise<TypeError>(what, ": expected a number, got ", Py_TYPE(object.ptr())->tp_name);
  }
  return value;
}

Shape to_shape(py::handle object) {
  Shape shape;
  if (!py::isinstance<py::sequence>(object)) {
    shape.push_back(to_int(object, "shape"));
    return shape;
  }
  for (const py::object size : py::reinterpret_borrow<py::sequence>(object))
    shape.push_back(to_int(size, "shape"));
  return shape;
}

Shape to_shape(const py::args& args) {
  if (args.size() == 1) return to_shape(py::handle(args[0]));
  return to_shape(py::handle(args));
}

}  // namespace nncore::bind
