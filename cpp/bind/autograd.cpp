#include "../autograd/tape.h"
#include "../core/watch.h"

#include <pybind11/typing.h>

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

struct NoGrad : GradMode {};
struct EnableGrad : GradMode {};

// Sets recording when it is made.
struct SetGrad {
  explicit SetGrad(bool mode) : on(mode), before(grad_enabled()) { set_grad_enabled(on); }
  bool on, before;

  void enter() {}
  void exit() { set_grad_enabled(before); }
};

// A decorator sets the mode in each call, not now.
template <class Mode>
py::object decorate(py::object self, py::object function) {
  if constexpr (std::is_same_v<Mode, SetGrad>) py::cast<Mode&>(self).exit();
  return py::module_::import("contextlib").attr("ContextDecorator").attr("__call__")(self, function);
}

// Python's functions on one value's gradient, in the order in which they were registered.
class PythonHooks final : public GradientHooks {
 public:
  ~PythonHooks() override {
    const py::gil_scoped_acquire locked;
    functions_.clear();
  }
  int add(py::object function) {
    changes++;
    structure_changed();
    functions_.emplace_back(next_, std::move(function));
    return next_++;
  }
  void remove(int key) {
    changes++;
    structure_changed();
    std::erase_if(functions_, [&](const auto& f) { return f.first == key; });
  }
  py::list functions() const {
    py::list found;
    for (const auto& [key, function] : functions_) found.append(function);
    return found;
  }
  Tensor run(const Tensor& gradient) override {
    const py::gil_scoped_acquire locked;
    Tensor current = gradient;
    for (const auto& [key, function] : std::vector(functions_)) {
      const py::object changed = function(current);
      if (changed.is_none()) continue;
      check<TypeError>(tensor_of(changed.ptr()), "register_hook: the hook returned a ",
                       Py_TYPE(changed.ptr())->tp_name, "; expected a tensor or None");
      current = py::cast<Tensor>(changed);
      check(current.shape() == gradient.shape() && current.dtype() == gradient.dtype(),
            "register_hook: the hook returned a gradient of shape ", current.shape(), " and dtype ",
            current.dtype(), "; expected ", gradient.shape(), " and ", gradient.dtype());
    }
    return current;
  }

 private:
  std::vector<std::pair<int, py::object>> functions_;
  int next_ = 0;
};

Ref<PythonHooks> hooks_of(const Tensor& t) {
  if (!t.impl()->hooks) attach_hooks(t, Ref<Object>(new PythonHooks()));
  return Ref<PythonHooks>(static_cast<PythonHooks*>(t.impl()->hooks.get()));
}

struct HookHandle {
  Ref<PythonHooks> hooks;
  int key;
  void remove() const { hooks->remove(key); }
};

HookHandle register_hook(const Tensor& t, const py::object& hook) {
  check<Error>(t.requires_grad(),
               "register_hook: this tensor does not require a gradient, so a hook would never run");
  check<TypeError>(PyCallable_Check(hook.ptr()), "register_hook: expected a function, got ",
                   Py_TYPE(hook.ptr())->tp_name);
  const Ref<PythonHooks> hooks = hooks_of(t);
  return {hooks, hooks->add(hook)};
}

void retain_grad(const Tensor& t) {
  check<Error>(t.requires_grad(), "retain_grad: this tensor does not require a gradient");
  if (t.impl()->grad_fn) hooks_of(t)->retains = true;
}

py::tuple to_tuple(std::span<const Tensor> tensors) {
  py::tuple t(tensors.size());
  for (size_t i = 0; i < tensors.size(); i++) t[i] = py::cast(tensors[i]);
  return t;
}

// The same values, whose gradients pass through function(gradients) -> gradients when all are there.
py::typing::Tuple<Tensor, py::ellipsis> backward_gate(const std::vector<Tensor>& xs,
                                                      const py::function& function) {
  std::vector<Tensor> ys;
  for (const Tensor& x : xs) ys.push_back(x.detach());
  if (Tape tape{std::span<const Tensor>(xs)})
    tape.record("gate", ys, [function](std::span<const Tensor> dys, InputGrads& dx) {
      const py::tuple changed = function(to_tuple(dys));
      check<TypeError>(changed.size() == dys.size(), "backward hook: returned ", changed.size(),
                       " gradients; expected ", dys.size());
      for (size_t i = 0; i < dys.size(); i++)
        if (dx.needs(i) && !changed[i].is_none()) dx[i] = py::cast<Tensor>(changed[i]);
    });
  return py::typing::Tuple<Tensor, py::ellipsis>(to_tuple(ys));
}

std::vector<std::optional<Tensor>> gradients(const std::vector<Tensor>& outputs,
                                             const std::vector<Tensor>& inputs,
                                             const std::vector<std::optional<Tensor>>& grad_outputs,
                                             bool retain_graph) {
  std::vector<Tensor> first;
  for (const auto& g : grad_outputs) first.push_back(g.value_or(Tensor()));
  std::vector<std::optional<Tensor>> found;
  for (const Tensor& g : gradients_of(outputs, first, inputs, retain_graph))
    found.push_back(g.defined() ? std::optional(g) : std::nullopt);
  return found;
}

template <class Mode>
Mode anew(const Mode& g) {
  if constexpr (std::is_same_v<Mode, SetGrad>) return SetGrad(g.on);
  return g;
}

template <class Mode>
py::class_<Mode> bind_mode(py::module_& m, const char* name, const char* doc) {
  py::class_<Mode> mode(m, name, doc);
  mode.def("__enter__", [](Mode& g) { g.enter(); });
  mode.def("__exit__", [](Mode& g, const py::args&) { g.exit(); });
  mode.def("_recreate_cm", anew<Mode>);
  mode.def("__call__", decorate<Mode>, py::arg("function"));
  return mode;
}

}  // namespace

void bind_autograd(py::module_& m, TensorClass& tensor) {
  py::class_<HookHandle>(m, "HookHandle",
                         "What registering a hook on a tensor returns; leaving its `with` removes it.")
      .def("remove", &HookHandle::remove, "Takes the hook off; a second call does nothing.")
      .def("__enter__", [](py::object self) { return self; })
      .def("__exit__", [](const HookHandle& h, const py::args&) { h.remove(); });
  tensor.def(
      "register_hook", register_hook, py::arg("hook"),
      "Calls hook(gradient) when this tensor's gradient is complete; what it returns, unless None, replaces "
      "it.\n\n"
      ">>> x = nncore.tensor([1.0, 2.0], requires_grad=True)\n"
      ">>> handle = x.register_hook(lambda gradient: 2 * gradient)\n"
      ">>> x.sum().backward()\n>>> x.grad.tolist()\n[2.0, 2.0]");
  tensor.def("retain_grad", retain_grad, "Keeps the gradient of a tensor that is no leaf in its grad.");
  tensor.def_property_readonly(
      "retains_grad",
      [](const TensorImpl& t) {
        return t.grad_fn && t.hooks && static_cast<GradientHooks&>(*t.hooks).retains;
      },
      "True for a tensor that is no leaf and keeps its gradient.");
  tensor.def_property_readonly(
      "_gradient_hooks",
      [](const TensorImpl& t) {
        return t.hooks ? static_cast<PythonHooks&>(*t.hooks).functions() : py::list();
      },
      "The functions that register_hook was given.");
  m.def("gradients", gradients, py::arg("outputs"), py::arg("inputs"), py::arg("grad_outputs"),
        py::arg("retain_graph") = false, "What nncore.autograd.grad is made of.");
  m.def("backward_gate", backward_gate, py::arg("tensors"), py::arg("function"),
        "The same values, whose gradients pass through function(gradients) -> gradients together.");
  bind_mode<NoGrad>(m, "no_grad", "Context or decorator: ops inside are not recorded.").def(py::init([] {
    return NoGrad{{false, {}}};
  }));
  bind_mode<EnableGrad>(m, "enable_grad", "Context or decorator: ops inside are recorded.").def(py::init([] {
    return EnableGrad{{true, {}}};
  }));
  bind_mode<SetGrad>(m, "set_grad_enabled",
                     "Switches recording at once, and back at the end when used as a context.")
      .def(py::init<bool>(), py::arg("mode"));
  m.def("is_grad_enabled", grad_enabled, "Whether ops are recorded in this thread.");
}

}  // namespace nncore::bind
