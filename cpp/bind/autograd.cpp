#include "../autograd/tape.h"

#include "module.h"

namespace nncore::bind {

namespace {

// A context manager and decorator that sets recording to `on` and brings back what was before.
struct GradMode {
  bool on;
  std::vector<bool> before;

  void enter() {
    before.push_back(grad_enabled());
    set_grad_enabled(on);
  }
  void exit() {
    set_grad_enabled(before.back());
    before.pop_back();
  }
};

py::object decorate(py::object self, py::object function) {
  return py::module_::import("contextlib").attr("ContextDecorator").attr("__call__")(self, function);
}

struct NoGrad : GradMode {};
struct EnableGrad : GradMode {};
struct SetGrad : GradMode {};

template <class Mode>
py::class_<Mode> bind_mode(py::module_& m, const char* name, const char* doc) {
  py::class_<Mode> mode(m, name, doc);
  mode.def("__enter__", [](Mode& g) { g.enter(); });
  mode.def("__exit__", [](Mode& g, const py::args&) { g.exit(); });
  mode.def("_recreate_cm", [](py::object self) { return self; });
  mode.def("__call__", decorate, py::arg("function"));
  return mode;
}

}  // namespace

void bind_autograd(py::module_& m) {
  bind_mode<NoGrad>(m, "no_grad", "Context or decorator: ops inside are not recorded.").def(py::init([] {
    return NoGrad{{false, {}}};
  }));
  bind_mode<EnableGrad>(m, "enable_grad", "Context or decorator: ops inside are recorded.").def(py::init([] {
    return EnableGrad{{true, {}}};
  }));
  bind_mode<SetGrad>(m, "set_grad_enabled",
                     "Switches recording at once, and back at the end when used as a context.")
      .def(py::init([](bool mode) {
             SetGrad g{{mode, {grad_enabled()}}};
             set_grad_enabled(mode);
             return g;
           }),
           py::arg("mode"))
      .def("__enter__", [](SetGrad&) {});
  m.def("is_grad_enabled", grad_enabled, "Whether ops are recorded in this thread.");
}

}  // namespace nncore::bind
