#include "casters.h"

#include <algorithm>
#include <cstring>

#include "../autograd/tape.h"
#include "../ops/create.h"
#include "collect.h"

namespace nncore::bind {

namespace {

using Holder = Ref<TensorImpl>;
destructor pybind11_dealloc = nullptr;

void dealloc(PyObject* self) {
  auto* object = reinterpret_cast<py::detail::instance*>(self);
  if (Py_TYPE(self) != tensor_type || object->simple_instance_registered || object->has_patients ||
      !object->simple_holder_constructed)
    return pybind11_dealloc(self);
  PyObject_GC_UnTrack(self);
  const py::error_scope keeps_exception;
  if (object->weakrefs) PyObject_ClearWeakRefs(self);
  auto& holder = reinterpret_cast<Holder&>(object->simple_value_holder[1]);
  holder->object = nullptr;
  holder.~Holder();
  tensor_type->tp_free(self);
  Py_DECREF(tensor_type);
}

// Whether only this value keeps its hooks; a node that made it shares them.
bool owns_hooks(const TensorImpl& t) {
  if (t.use_count() != 1 || !t.hooks) return false;
  int64_t holders = 1;
  if (const auto* node = static_cast<const Node*>(t.grad_fn.get()); node && node->use_count() == 1)
    holders += std::count(node->hooks.begin(), node->hooks.end(), t.hooks);
  return t.hooks->use_count() == holders;
}

int traverse(PyObject* self, visitproc visit, void* arg) {
  Visitor visitor(visit, arg);
  visitor(reinterpret_cast<PyObject*>(Py_TYPE(self)));
  const auto* t = value_of<TensorImpl>(self);
  if (t && owns_hooks(*t)) visit_hooks(*t->hooks, visitor);
  return visitor.result();
}

int clear(PyObject* self) {
  const auto* t = value_of<TensorImpl>(self);
  if (t && owns_hooks(*t)) forget_hooks(*t->hooks);
  return 0;
}

}  // namespace

void collect_tensors(PyHeapTypeObject* heap_type) {
  PyTypeObject* type = &heap_type->ht_type;
  type->tp_flags |= Py_TPFLAGS_HAVE_GC;
  type->tp_traverse = traverse;
  type->tp_clear = clear;
}

void track_hooks(const Tensor& tensor) {
  auto* self = static_cast<PyObject*>(tensor.impl()->object);  // others are tracked from the start
  if (self && !PyObject_GC_IsTracked(self)) PyObject_GC_Track(self);
}

PyTypeObject* tensor_type = nullptr;

void adopt_tensor_type(py::handle type) {
  tensor_type = reinterpret_cast<PyTypeObject*>(type.ptr());
  pybind11_dealloc = std::exchange(tensor_type->tp_dealloc, dealloc);
}

// pybind11 finds the object of a value in a table. Making and freeing an object takes four look-ups, as long
// as a small operation. A value that only the caller holds has no object yet: make one in pybind11's layout,
// without the table, and store it in the value. Objects made by the constructor are in the table.
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
  if (!impl->hooks) PyObject_GC_UnTrack(self);
  return self;
}

py::object dtype_object(DType dtype) {
  static PyObject* objects[dtype_count] = {};  // never freed: they live as long as the interpreter
  PyObject*& object = objects[int(dtype)];
  if (!object) object = py::cast(PyDType{dtype}).release().ptr();
  return py::reinterpret_borrow<py::object>(object);
}

std::optional<DType> to_dtype(py::handle object) {
  if (py::isinstance<PyDType>(object)) return py::cast<PyDType>(object).value;
  PyObject* const o = object.ptr();
  if (o == reinterpret_cast<PyObject*>(&PyFloat_Type)) return DType::float64;
  if (o == reinterpret_cast<PyObject*>(&PyLong_Type)) return DType::int64;
  if (o == reinterpret_cast<PyObject*>(&PyBool_Type)) return DType::boolean;
  py::object text;
  if (PyUnicode_Check(o))
    text = py::reinterpret_borrow<py::object>(object);
  else if (PyType_Check(o) && py::hasattr(object, "dtype"))  // NumPy's scalar types
    text = object.attr("__name__");
  else if (!PyType_Check(o) && py::hasattr(object, "itemsize") && py::hasattr(object, "kind"))
    text = object.attr("name");  // NumPy's dtypes
  else
    return std::nullopt;
  const std::string wanted = py::cast<std::string>(py::str(text));
  for (int i = 0; i < dtype_count; i++)
    if (wanted == dtype_names[i] || (wanted == "bool_" && DType(i) == DType::boolean)) return DType(i);
  return std::nullopt;
}

namespace {

// The name of the type without its module.
const char* type_name(py::handle object) {
  const char* const name = Py_TYPE(object.ptr())->tp_name;
  const char* const dot = std::strrchr(name, '.');
  return dot ? dot + 1 : name;
}

}  // namespace

int64_t to_int(py::handle object, const char* what) {
  const char* const colon = *what ? ": " : "";
  check<TypeError>(PyIndex_Check(object.ptr()) && !PyBool_Check(object.ptr()), what, colon,
                   "expected an int, got ", type_name(object));
  py::object index = py::reinterpret_steal<py::object>(PyNumber_Index(object.ptr()));
  if (!index) {  // for example an array of several numbers, or a tensor of floats
    if (!PyErr_ExceptionMatches(PyExc_TypeError)) throw py::error_already_set();
    const py::error_already_set reason;
    raise<TypeError>(what, colon, "expected an int, got ", type_name(object), ": ",
                     py::cast<std::string>(py::str(reason.value())));
  }
  int overflow = 0;
  const int64_t value = PyLong_AsLongLongAndOverflow(index.ptr(), &overflow);
  check(overflow == 0, what, colon, py::cast<std::string>(py::str(index)), " does not fit in 64 bits");
  return value;
}

bool is_int(py::handle object) {
  if (PyLong_Check(object.ptr())) return !PyBool_Check(object.ptr());
  if (const TensorImpl* const t = tensor_of(object.ptr()))
    return !is_floating(t->dtype) && t->dtype != DType::boolean && t->shape.numel() == 1;
  return PyIndex_Check(object.ptr()) && !py::hasattr(object, "__len__");
}

int64_t to_whole(py::handle object, const char* what) {
  return PyBool_Check(object.ptr()) ? object.ptr() == Py_True : to_int(object, what);
}

int64_t fitting(int64_t value, DType dtype, const char* what) {
  ops::check_holds(what, dtype, value);
  return value;
}

double to_real(py::handle object, const char* what) {
  check<TypeError>(
      !wants_gradient(object), what,
      ": a tensor that requires grad cannot be used as a number, because its gradient would be lost; "
      "pass .item()");
  const double value = PyFloat_AsDouble(object.ptr());
  if (value == -1 && PyErr_Occurred()) {
    const bool large = PyErr_ExceptionMatches(PyExc_OverflowError);
    if (!large && !PyErr_ExceptionMatches(PyExc_TypeError) && !PyErr_ExceptionMatches(PyExc_ValueError))
      throw py::error_already_set();  // for example Ctrl-C inside __float__
    PyErr_Clear();
    check(!large, what, ": ", py::cast<std::string>(py::str(object)), " does not fit a float");
    raise<TypeError>(what, ": expected a number, got ", type_name(object));
  }
  return value;
}

Shape to_shape(py::handle object) {
  Shape shape;
  const bool several =
      PySequence_Check(object.ptr()) && !PyUnicode_Check(object.ptr()) && !PyBytes_Check(object.ptr());
  const Py_ssize_t count = several ? PySequence_Size(object.ptr()) : -1;
  if (PyErr_Occurred()) PyErr_Clear();  // a type whose length is not always defined
  if (count < 0) {
    shape.push_back(to_int(object, ""));
    return shape;
  }
  for (Py_ssize_t i = 0; i < count; i++) {
    const auto size = py::reinterpret_steal<py::object>(PySequence_GetItem(object.ptr(), i));
    if (!size) throw py::error_already_set();
    shape.push_back(to_int(size, ""));
  }
  return shape;
}

Shape to_shape(const py::args& args) {
  if (args.size() == 1) return to_shape(py::handle(args[0]));
  return to_shape(py::handle(args));
}

Shape to_shape(const py::args& args, const std::optional<Shape>& named, const char* name) {
  check<TypeError>(!named || args.empty(), name, " is given twice: by position and by name");
  return named ? *named : to_shape(args);
}

}  // namespace nncore::bind
