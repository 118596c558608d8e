#include "module.h"

#include <new>
#include <stdexcept>

#include "../autograd/tape.h"
#include "../backend/backend.h"
#include "../backend/hardware.h"
#include "../core/interrupt.h"
#include "../ops/create.h"
#include "../ops/elementwise.h"
#include "../ops/shape.h"
#include "collect.h"
#include "interpreter.h"
#include "mismatch.h"
#include "write.h"

namespace nncore::bind {

namespace {

void translate_errors() {
  py::register_exception_translator([](std::exception_ptr p) {
    try {
      if (p) std::rethrow_exception(p);
    } catch (const ValueError& e) {
      py::set_error(PyExc_ValueError, e.what());
    } catch (const TypeError& e) {
      py::set_error(PyExc_TypeError, e.what());
    } catch (const IndexError& e) {
      py::set_error(PyExc_IndexError, e.what());
    } catch (const MemoryError& e) {
      py::set_error(PyExc_MemoryError, e.what());
    } catch (const NotImplementedError& e) {
      py::set_error(PyExc_NotImplementedError, e.what());
    } catch (const DivergenceError& e) {
      py::set_error(py::module_::import("nncore.errors").attr("DivergenceError"), e.what());
    } catch (const CaptureError& e) {
      py::set_error(py::module_::import("nncore.errors").attr("CaptureError"), e.what());
    } catch (const Error& e) {
      py::set_error(PyExc_RuntimeError, e.what());
    } catch (const std::bad_alloc&) {  // the texts of C++'s own exceptions would not help a user
      py::set_error(PyExc_MemoryError, "not enough memory for this call");
    } catch (const std::length_error&) {
      py::set_error(PyExc_MemoryError, "this call needs more elements than memory can hold");
    } catch (const std::out_of_range&) {
      py::set_error(PyExc_ValueError, "a value is out of range for this call");
    } catch (const py::cast_error& e) {  // "Unable to cast Python instance of type <class 'str'> to C++ ..."
      const std::string text = e.what();
      const size_t begin = text.find("<class '") + 8, end = text.find("'>", begin);
      const bool found = begin >= 8 && end != std::string::npos;
      py::set_error(PyExc_TypeError, ("an operand has the wrong type" +
                                      (found ? ", " + text.substr(begin, end - begin) : std::string()))
                                         .c_str());
    }
  });
}

std::exception_ptr run_signal_handlers() {
  const py::gil_scoped_acquire lock;
  if (PyErr_CheckSignals() == 0) return nullptr;
  return std::make_exception_ptr(py::error_already_set());
}

// Long calls check for signals on the main thread, because Python runs signal handlers there only.
void look_for_signals_in_long_calls() {
  const py::dict modules = py::module_::import("sys").attr("modules");
  uint64_t main_thread = PyThread_get_thread_ident();  // without `threading`, which takes long to import
  if (modules.contains("threading"))
    main_thread = py::cast<uint64_t>(modules["threading"].attr("main_thread")().attr("ident"));
  ask_for_interrupts(run_signal_handlers, main_thread);
}

// Switches Python's garbage collector off while this object lives: thousands of new functions would start it
// again and again.
class WithoutCollector {
 public:
  WithoutCollector() : was_on_(PyGC_Disable()) {}
  ~WithoutCollector() {
    if (was_on_) PyGC_Enable();
  }
  WithoutCollector(const WithoutCollector&) = delete;
  WithoutCollector& operator=(const WithoutCollector&) = delete;

 private:
  const bool was_on_;
};

}  // namespace

// PyInit__core calls this module's initialization.
PYBIND11_MODULE(_core_of_main, m) {
  if (!in_main_interpreter())
    throw py::error_already_set();  // since 3.13, Python calls the entry point in the main interpreter
  const WithoutCollector faster;
  m.doc() = "nncore's C++ core: tensors, automatic differentiation, kernels.";
  translate_errors();
  interpreter.leave = leave_interpreter;
  interpreter.enter = enter_interpreter;
  look_for_signals_in_long_calls();
  choose_level();
  bind_dtypes(m);
  TensorClass tensor(
      m, "Tensor", py::buffer_protocol(), py::custom_type_setup(collect_tensors),
      "Tensor(*data)\n--\n\nA dense array of numbers with a record of how it was "
      "computed, from which backward() computes gradients.\n\n`tensor`, `zeros` and other "
      "functions make tensors. Tensor(x) shares the memory of a tensor x, Tensor(array) has its "
      "values in the default dtype, and Tensor(2, 3) has arbitrary values.");
  adopt_tensor_type(tensor);
  const py::type metaclass = py::type::of(tensor);  // named in errors if a class is passed
  metaclass.attr("__name__") = "type";
  metaclass.attr("__module__") = "builtins";
  bind_device(m);
  bind_create(m, tensor);
  bind_tensor(tensor);
  bind_protocol(m, tensor);
  bind_arithmetic(m, tensor);
  bind_elementwise(m, tensor);
  bind_derived(m, tensor);
  bind_shape(m, tensor);
  bind_arrange(m, tensor);
  bind_index(m, tensor);
  bind_sort(m, tensor);
  bind_scan(m, tensor);
  bind_reduce(m, tensor);
  bind_fold(m, tensor);
  bind_linear(m, tensor);
  bind_conv(m);
  bind_einsum(m, tensor);
  bind_runtime(m);
  publish(m, {.nncore = true, .functional = false});
  bind_loss(m, tensor);
  bind_pointwise(m);
  bind_norm(m);
  bind_dropout(m);
  bind_pool(m);
  bind_resample(m);
  bind_embedding(m);
  publish(m, functional);
  bind_capture(m);
  bind_plan(m);
  bind_recurrent(m);
  bind_attention(m);
  bind_optim(m);
  bind_autograd(m, tensor);
  bind_write(m, tensor);
  explain_mismatches(m);
}

}  // namespace nncore::bind

// Check first: in a subinterpreter, pybind11 would wait forever for a lock that its own thread holds.
extern "C" PYBIND11_EXPORT PyObject* PyInit__core() {
  return nncore::bind::in_main_interpreter() ? nncore::bind::PyInit__core_of_main() : nullptr;
}
