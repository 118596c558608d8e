#include "casters.h"

namespace nncore::bind {

PyTypeObject* tensor_type = nullptr;

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
  for (py::handle size : py::reinterpret_borrow<py::sequence>(object)) shape.push_back(to_int(size, "shape"));
  return shape;
}

Shape to_shape(const py::args& args) {
  if (args.size() == 1) return to_shape(py::handle(args[0]));
  return to_shape(py::handle(args));
}

}  // namespace nncore::bind
