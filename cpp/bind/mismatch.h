// What a caller reads whose arguments fit no signature of a bound function.
#pragma once
#include "module.h"

namespace nncore::bind {

using Entry = PyObject* (*)(PyObject* self, PyObject* const* args, Py_ssize_t count, PyObject* keywords);

// pybind11's dispatch, with its error in our words: "exp: got (str), takes (input: Tensor) -> Tensor".
PyObject* dispatch(PyObject* self, PyObject* const* args, Py_ssize_t count, PyObject* keywords);

// The definition of a bound function, or null where that is none. Throws where pybind11 calls functions
// another way than the one version that is known here.
PyMethodDef* definition(py::handle function);
Entry entry_of(const PyMethodDef* def);
void set_entry(PyMethodDef* def, Entry entry);

// All functions of the module and methods of its classes go through dispatch().
void explain_mismatches(py::module_& m);

}  // namespace nncore::bind
