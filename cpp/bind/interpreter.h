// The interpreter lock at the end of the program. Before Python 3.14, a thread that requests the lock of an
// interpreter that is being finalized is ended by unwinding its stack. If a destructor makes the request,
// this terminates the program. Here, such a thread waits for the end of the process instead, as in Python
// 3.14.
#pragma once
#include <cxxabi.h>

#include "casters.h"

namespace nncore::bind {

// Whether this thread holds the lock.
bool holds_interpreter();

// Neither returns nor unwinds.
[[noreturn]] void wait_for_exit();

// Calls f(), which may request the lock. f must have no local objects with destructors: they would run before
// the catch, without the lock.
template <class F>
auto unless_ended(F f) {
  try {
    return f();
  } catch (abi::__forced_unwind&) {
    wait_for_exit();
  }
}

// Calls function(*arguments), Python code that may run for long. Use this where C++ objects are on the stack.
py::object call_python(py::handle function, const py::tuple& arguments);

// Calls f() with the lock, for destructors, which any thread may run at any time. After the interpreter's end
// it does not call f(): the memory ends with the process.
template <class F>
void with_interpreter(F&& f) noexcept {
  if (holds_interpreter()) return f();
  if (!Py_IsInitialized()) return;
  const PyGILState_STATE before = unless_ended(PyGILState_Ensure);
  f();
  PyGILState_Release(before);
}

// For long calls: leave_interpreter releases the lock if this thread holds it; enter_interpreter takes it
// again.
void* leave_interpreter();
void enter_interpreter(void* state);

// Sets ImportError and returns false in a subinterpreter: tensors, types and hooks belong to one interpreter.
bool in_main_interpreter();

}  // namespace nncore::bind
