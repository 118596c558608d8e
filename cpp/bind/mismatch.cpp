#include "mismatch.h"

namespace nncore::bind {
namespace {

Entry pybind11_entry = nullptr;  // one for all its functions

// "Tensor", "dim=list" of each argument.
py::list types_of(PyObject* const* args, Py_ssize_t count, PyObject* keywords) {
  py::list types;
  const Py_ssize_t named = keywords ? PyTuple_GET_SIZE(keywords) : 0;
  for (Py_ssize_t i = 0; i < count + named; i++) {
    const py::object name = py::type::handle_of(args[i]).attr("__name__");
    types.append(i < count
                     ? py::str(name)
                     : py::str("{}={}").format(py::handle(PyTuple_GET_ITEM(keywords, i - count)), name));
  }
  return types;
}

void explain(py::handle function) {
  PyMethodDef* const def = definition(function);
  if (def && (!pybind11_entry || entry_of(def) == pybind11_entry)) set_entry(def, dispatch);
}

}  // namespace

PyObject* dispatch(PyObject* self, PyObject* const* args, Py_ssize_t count, PyObject* keywords) {
  PyObject* const result = pybind11_entry(self, args, count, keywords);
  if (result || !PyErr_ExceptionMatches(PyExc_TypeError)) return result;
  py::error_already_set error;
  try {
    const py::str text(error.value());
    if (!text.contains("(): incompatible ")) {
      error.restore();
      return nullptr;
    }
    const py::object reworded = py::module_::import("nncore._mismatch").attr("reworded");
    PyErr_SetObject(PyExc_TypeError, reworded(text, types_of(args, count, keywords)).ptr());
  } catch (py::error_already_set& e) {
    e.restore();
  }
  return nullptr;
}

PyMethodDef* definition(py::handle function) {
  const py::handle bare = py::detail::get_function(function);
  if (!bare || !PyCFunction_Check(bare.ptr()) ||
      !py::detail::is_function_record_PyObject(PyCFunction_GET_SELF(bare.ptr())))
    return nullptr;
  PyMethodDef* const def = reinterpret_cast<PyCFunctionObject*>(bare.ptr())->m_ml;
  check<Error>(def->ml_flags == (METH_FASTCALL | METH_KEYWORDS), def->ml_name,
               ": built with a pybind11 that calls functions another way; expected 3.1");
  return def;
}

Entry entry_of(const PyMethodDef* def) {
  return reinterpret_cast<Entry>(reinterpret_cast<void (*)()>(def->ml_meth));
}

void set_entry(PyMethodDef* def, Entry entry) {
  if (!pybind11_entry) pybind11_entry = entry_of(def);
  def->ml_meth = reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(entry));
}

void explain_mismatches(py::module_& m) {
  for (const auto& [name, value] : py::dict(m.attr("__dict__"))) {
    explain(value);
    if (!py::isinstance<py::type>(value)) continue;
    for (const auto& [member, attribute] : py::dict(value.attr("__dict__"))) {
      explain(attribute);
      if (py::hasattr(attribute, "fset")) explain(attribute.attr("fset"));
    }
  }
}

}  // namespace nncore::bind
