// The interpreter lock at the end of the program. Until Python 3.14 a thread that asks for the lock of an
// interpreter that is being finalised is ended by unwinding its stack, which terminates the program at the
// first destructor that does the asking. Such a thread waits for the end of the process instead, as
// since 3.14.
#pragma once
#include <cxxabi.h>

#include "casters.h"

namespace nncore::bind {

// Whether this thread holds the lock.
bool holds_interpreter();

// Neither returns nor unwinds.
[[noreturn]] void wait_for_exit();

// f(), which may take the lock again. It has no destructors of its own: they would run before the catch, and
// without the lock.
template <class F>
auto unless_ended(F f) {
  try {
    return f();
  } catch (abi::__forced_unwind&) {
    wait_for_exit();
  }
}

// function(*arguments) for Python code that may run long: the way to call it with objects on the stack.
py::object call_python(py::handle function, const py::tuple& arguments);

// f() with the lock, for destructors, which any thread may run at any time. Without an interpreter it does
// not run: what it would free ends with the process.
template <class F>
void with_interpreter(F&& f) noexcept {
  if (holds_interpreter()) return f();
  if (!Py_IsInitialized()) return;
  const PyGILState_STATE before = unless_ended(PyGILState_Ensure);
  f();
  PyGILState_Release(before);
}

// Around long calls: gives the lock away wherever this thread holds it, and takes it again.
void* leave_interpreter();
void enter_interpreter(void* state);

// Sets ImportError and returns false in a subinterpreter: tensors, types and hooks belong to one interpreter.
bool in_main_interpreter();

}  // namespace nncore::bind
