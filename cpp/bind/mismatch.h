// The error for arguments that fit no signature of a bound function.
#pragma once
#include "module.h"

namespace nncore::bind {

using Entry = PyObject* (*)(PyObject* self, PyObject* const* args, Py_ssize_t count, PyObject* keywords);

// Calls pybind11's dispatch and rewords its error: "exp: got (str), takes (input: Tensor) -> Tensor".
PyObject* dispatch(PyObject* self, PyObject* const* args, Py_ssize_t count, PyObject* keywords);

// The definition of a bound function, or null if `function` is not one. Throws if this version of pybind11
// calls functions in an unknown way.
PyMethodDef* definition(py::handle function);
Entry entry_of(const PyMethodDef* def);
void set_entry(PyMethodDef* def, Entry entry);

// Routes all functions of the module and all methods of its classes through dispatch().
void explain_mismatches(py::module_& m);

}  // namespace nncore::bind
