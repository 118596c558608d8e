#include "module.h"

#include "../autograd/tape.h"
#include "../backend/backend.h"
#include "../backend/cpu/dispatch.h"
#include "../ops/create.h"
#include "../ops/elementwise.h"
#include "../ops/shape.h"
#include "mismatch.h"

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
    } catch (const DivergenceError& e) {
      py::set_error(py::module_::import("nncore.errors").attr("DivergenceError"), e.what());
    } catch (const CaptureError& e) {
      py::set_error(py::module_::import("nncore.errors").attr("CaptureError"), e.what());
    } catch (const Error& e) {
      py::set_error(PyExc_RuntimeError, e.what());
    } catch (const py::cast_error& e) {  // "Unable to cast Python instance of type <class 'str'> to C++ ..."
      const std::string text = e.what();
      py::set_error(PyExc_TypeError,
                    ("an operand has the wrong type: " + text.substr(0, text.find(" to C++"))).c_str());
    }
  });
}

// Long calls run without the interpreter lock, wherever this thread holds it.
void release_lock_around_long_calls() {
  interpreter.leave = []() -> void* { return PyGILState_Check() ? PyEval_SaveThread() : nullptr; };
  interpreter.enter = [](void* state) { PyEval_RestoreThread(static_cast<PyThreadState*>(state)); };
}

}  // namespace

PYBIND11_MODULE(_core, m) {
  m.doc() = "nncore's C++ core: tensors, automatic differentiation, kernels.";
  translate_errors();
  release_lock_around_long_calls();
  cpu::choose_level();
  gradient_arithmetic = {
      [](const Tensor& a, const Tensor& b) { return ops::add(a, b); },
      ops::add_,
      [](const Tensor& t) { return ops::full(t.shape(), 1, t.dtype()); },
      [](const Tensor& t) { return ops::clone(t); },
  };
  bind_dtypes(m);
  TensorClass tensor(
      m, "Tensor", py::buffer_protocol(),
      "A dense, immutable array of numbers that remembers how it was made, so that gradients can flow "
      "back.\n\nMade by `tensor`, `zeros` and the other functions; Tensor(x) shares the memory of x.");
  adopt_tensor_type(tensor);
  bind_create(m);
  bind_tensor(tensor);
  bind_arithmetic(m, tensor);
  bind_elementwise(m, tensor);
  bind_shape(m, tensor);
  bind_arrange(m, tensor);
  bind_select(m, tensor);
  bind_reduce(m, tensor);
  bind_linear(m, tensor);
  bind_einsum(m, tensor);
  bind_loss(m, tensor);
  bind_settings(m);
  bind_recording(m);
  bind_guards(m);
  bind_replay(m);
  bind_recurrent(m);
  bind_attention(m);
  bind_norm(m);
  bind_regularize(m);
  bind_optim(m);
  bind_autograd(m, tensor);
  bind_runtime(m);
  explain_mismatches(m);
}

}  // namespace nncore::bind
