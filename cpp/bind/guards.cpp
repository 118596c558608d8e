#include "guards.h"

#include <pybind11/gil_safe_call_once.h>

#include <bit>

#include "interpreter.h"

namespace nncore::bind {
namespace {

// NumPy's numbers, which are constants that show their bytes.
bool is_numpy_number(PyObject* value) {
  PYBIND11_CONSTINIT static py::gil_safe_call_once_and_store<py::object> generic;
  const py::object& type =
      generic.call_once_and_store_result([] { return py::module_::import("numpy").attr("generic"); })
          .get_stored();
  return PyObject_TypeCheck(value, reinterpret_cast<PyTypeObject*>(type.ptr()));
}

bool same_bytes(PyObject* a, PyObject* b) {
  const auto bytes = [](PyObject* value) {
    return py::bytes(py::reinterpret_borrow<py::object>(value).attr("tobytes")());
  };
  return bytes(a).equal(bytes(b));
}

// The same object, or another that is the same constant.
bool same_value(PyObject* now, PyObject* before) {
  if (now == before) return true;
  if (Py_TYPE(now) != Py_TYPE(before)) return false;
  if (PyFloat_CheckExact(now) || PyLong_CheckExact(now) || PyUnicode_CheckExact(now) ||
      PyBytes_CheckExact(now))
    return same_constant(now, before);
  return is_numpy_number(now) && same_bytes(now, before);
}

bool same_items(PyObject* list, PyObject* before) {
  const Py_ssize_t n = PyList_GET_SIZE(list);
  if (n != PyTuple_GET_SIZE(before)) return false;
  for (Py_ssize_t i = 0; i < n; i++)
    if (i >= PyList_GET_SIZE(list) || !same_value(PyList_GET_ITEM(list, i), PyTuple_GET_ITEM(before, i)))
      return false;
  return true;
}

// before: a name and a value in turns.
bool same_entries(PyObject* dict, PyObject* before) {
  if (2 * PyDict_GET_SIZE(dict) != PyTuple_GET_SIZE(before)) return false;
  PyObject *key, *value;
  for (Py_ssize_t at = 0, i = 0; PyDict_Next(dict, &at, &key, &value); i += 2)
    if (!same_value(key, PyTuple_GET_ITEM(before, i)) || !same_value(value, PyTuple_GET_ITEM(before, i + 1)))
      return false;
  return true;
}

// before: its code, its defaults and those of its keywords.
bool same_function(PyObject* function, PyObject* before) {
  const auto is = [before](PyObject* now, Py_ssize_t i) {
    return (now ? now : Py_None) == PyTuple_GET_ITEM(before, i);
  };
  return is(PyFunction_GET_CODE(function), 0) && is(PyFunction_GET_DEFAULTS(function), 1) &&
         is(PyFunction_GET_KW_DEFAULTS(function), 2);
}

bool is_told_the_same(const py::object& told, const py::object& before) {
  if (PyTuple_CheckExact(told.ptr()) && PyTuple_CheckExact(before.ptr())) {
    const Py_ssize_t n = PyTuple_GET_SIZE(before.ptr());
    bool same = PyTuple_GET_SIZE(told.ptr()) == n;
    for (Py_ssize_t i = 0; same && i < n; i++)
      same = same_value(PyTuple_GET_ITEM(told.ptr(), i), PyTuple_GET_ITEM(before.ptr(), i));
    return same;
  }
  const int equal = PyObject_RichCompareBool(told.ptr(), before.ptr(), Py_EQ);
  if (equal < 0) throw py::error_already_set();
  return equal == 1;
}

}  // namespace

bool same_constant(PyObject* a, PyObject* b) {
  if (a == b) return true;
  if (Py_TYPE(a) != Py_TYPE(b)) return false;
  if (PyFloat_CheckExact(a))
    return std::bit_cast<uint64_t>(PyFloat_AS_DOUBLE(a)) == std::bit_cast<uint64_t>(PyFloat_AS_DOUBLE(b));
  const int equal = PyObject_RichCompareBool(a, b, Py_EQ);
  if (equal < 0) throw py::error_already_set();
  return equal == 1;
}

Guards::Guards(const py::list& places) {
  for (const py::handle place : places) {
    const auto p = py::reinterpret_borrow<py::tuple>(place);
    const py::object holder = p[0], key = p[1];
    Kind kind = Kind::Attribute;
    if (key.is(py::ellipsis()))
      kind = PyDict_Check(holder.ptr()) ? Kind::Entries : Kind::Items;
    else if (PyCell_Check(holder.ptr()))
      kind = Kind::Cell;
    else if (PyFunction_Check(holder.ptr()) && py::str("__code__").equal(key))
      kind = Kind::Function;
    else if (PyCallable_Check(key.ptr()))
      kind = Kind::Told;
    else if (PyDict_Check(holder.ptr()) || PyType_Check(holder.ptr()))
      kind = Kind::Name;
    guards_.push_back({kind, holder, key, p[2]});
  }
}

bool Guards::Guard::holds() const {
  PyObject* now = nullptr;
  py::object owned;
  switch (kind) {
    case Kind::Items:
      return same_items(holder.ptr(), value.ptr());
    case Kind::Entries:
      return same_entries(holder.ptr(), value.ptr());
    case Kind::Told:
      return is_told_the_same(call_python(key, py::make_tuple(holder)), value);
    case Kind::Function:
      return same_function(holder.ptr(), value.ptr());
    case Kind::Cell:
      now = PyCell_GET(holder.ptr());
      break;
    case Kind::Name: {
      PyObject* names =
          PyDict_Check(holder.ptr()) ? holder.ptr() : reinterpret_cast<PyTypeObject*>(holder.ptr())->tp_dict;
      now = PyDict_GetItemWithError(names, key.ptr());
      if (!now && PyErr_Occurred()) throw py::error_already_set();
      break;
    }
    case Kind::Attribute:
      owned = py::getattr(holder, key, py::handle(Py_NotImplemented));
      now = owned.ptr();
  }
  if (!owned) owned = py::reinterpret_borrow<py::object>(now);
  return now ? same_value(now, value.ptr()) : value.is(py::handle(Py_NotImplemented));
}

bool Guards::hold() const {
  try {
    for (const Guard& g : guards_)
      if (!g.holds()) return false;
    return true;
  } catch (const py::error_already_set& e) {  // what can no longer be looked at is another thing
    if (!e.matches(PyExc_Exception)) throw;   // Ctrl-C
    return false;
  }
}

void Guards::visit(Visitor& visitor) const {
  for (const Guard& g : guards_) {
    visitor(g.holder);
    visitor(g.key);
    visitor(g.value);
  }
}

void bind_guards(py::module_& m) {
  py::class_<Guards, Ref<Guards>>(m, "Guards", py::custom_type_setup(collect<Guards>),
                                  "Places in Python and what was there.")
      .def(py::init([](const py::list& places) { return Ref<Guards>(new Guards(places)); }),
           py::arg("places"))
      .def("hold", &Guards::hold, "Whether the same is there now.");
}

}  // namespace nncore::bind
