// Calls whose arguments are all tensors, past pybind11's dispatch, which takes longer than a small operation.
// The function stays pybind11's: its name, text, signature and errors, and every call with keywords, numbers
// or anything else.
#pragma once
#include <cxxabi.h>

#include "mismatch.h"

namespace nncore::bind {

// f() for Python: a new reference, or null and an exception set.
template <class F>
PyObject* call_guarded(F f) {
  try {
    return f().release().ptr();
  } catch (py::error_already_set& e) {
    e.restore();
  } catch (abi::__forced_unwind&) {  // the thread ends while the interpreter does
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

// The function `name` and the method of that name, bound before, call f(x) or f(a, b) directly for tensors.
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
