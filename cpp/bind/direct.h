// Direct calls for functions whose arguments are all tensors. They avoid pybind11's dispatch, which takes
// longer than a small operation. The function keeps the name, documentation, signature and errors that
// pybind11 gave it; calls with keywords or with other arguments still go through pybind11.
#pragma once
#include <cxxabi.h>

#include "mismatch.h"

namespace nncore::bind {

// Calls f() for Python. Returns a new reference, or sets an exception and returns null.
template <class F>
PyObject* call_guarded(F f) {
  try {
    return f().release().ptr();
  } catch (py::error_already_set& e) {
    e.restore();
  } catch (abi::__forced_unwind&) {  // the interpreter is ending and unwinds this thread
    throw;
  } catch (...) {
    py::detail::try_translate_exceptions();
  }
  return nullptr;
}

template <class F>
PyObject* unary_entry(PyObject* self, PyObject* const* args, Py_ssize_t count, PyObject* keywords) {
  if (count != 1 || keywords || !PyObject_TypeCheck(args[0], tensor_type))
    return dispatch(self, args, count, keywords);
  return call_guarded([&] { return py::cast(F()(Tensor(Ref(tensor_of(args[0]))))); });
}
template <class F>
PyObject* binary_entry(PyObject* self, PyObject* const* args, Py_ssize_t count, PyObject* keywords) {
  if (count != 2 || keywords || !PyObject_TypeCheck(args[0], tensor_type) ||
      !PyObject_TypeCheck(args[1], tensor_type))
    return dispatch(self, args, count, keywords);
  return call_guarded(
      [&] { return py::cast(F()(Tensor(Ref(tensor_of(args[0]))), Tensor(Ref(tensor_of(args[1]))))); });
}

// Makes the function `name` and the method `name`, bound before, call f(x) or f(a, b) directly for tensors.
template <class F>
void direct(py::module_& m, TensorClass& tensor, const char* name, F) {
  Entry entry;
  if constexpr (std::is_invocable_v<F, Tensor, Tensor>)
    entry = binary_entry<F>;
  else
    entry = unary_entry<F>;
  for (const py::object& scope : {py::object(m), py::object(tensor)})
    set_entry(definition(scope.attr(name)), entry);
}

}  // namespace nncore::bind
