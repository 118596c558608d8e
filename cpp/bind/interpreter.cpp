#include "interpreter.h"

#include <unistd.h>

namespace nncore::bind {

// PyGILState_Check is not enough: once there has been a subinterpreter, it returns true in every thread.
bool holds_interpreter() {
  PyThreadState* const own = PyGILState_GetThisThreadState();
  return own && own == py::detail::get_thread_state_unchecked();
}

void wait_for_exit() {
  for (;;) pause();
}

py::object call_python(py::handle function, const py::tuple& arguments) {
  PyObject* const result =
      unless_ended([&] { return PyObject_Call(function.ptr(), arguments.ptr(), nullptr); });
  if (!result) throw py::error_already_set();
  return py::reinterpret_steal<py::object>(result);
}

void* leave_interpreter() { return holds_interpreter() ? PyEval_SaveThread() : nullptr; }

void enter_interpreter(void* state) {
  unless_ended([state] { PyEval_RestoreThread(static_cast<PyThreadState*>(state)); });
}

bool in_main_interpreter() {
  if (PyInterpreterState_Get() == PyInterpreterState_Main()) return true;
  PyErr_SetString(
      PyExc_ImportError,
      "nncore: imported in a subinterpreter; nncore works in the main interpreter only, so import "
      "it there, or start a process of its own");
  return false;
}

}  // namespace nncore::bind
