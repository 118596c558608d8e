#include "../autograd/tape.h"
#include "../core/watch.h"

#include <pybind11/typing.h>

#include "collect.h"
#include "interpreter.h"
#include "module.h"

namespace nncore::bind {

namespace {

// The gradient that a Python function returned instead of the one it was given.
Tensor returned_gradient(const char* who, const py::object& value) {
  check<TypeError>(tensor_of(value.ptr()) != nullptr, who, " returned a ", Py_TYPE(value.ptr())->tp_name,
                   "; expected a tensor or None");
  return py::cast<Tensor>(value);
}

class PythonHooks;

// Lets a handle find the hooks without keeping them alive.
struct HooksLink final : Object {
  PythonHooks* hooks;
};

// The Python functions to call with the gradient of one value, in the order of registration.
class PythonHooks final : public GradientHooks {
 public:
  PythonHooks() { link_->hooks = this; }
  ~PythonHooks() override {
    with_interpreter([this] {
      link_->hooks = nullptr;
      functions_.clear();
    });
  }
  const Ref<HooksLink>& link() const { return link_; }
  void visit(Visitor& visitor) const {
    for (const auto& [key, function] : functions_) visitor(function);
  }
  void forget() {
    changes++;
    std::exchange(functions_, {});
  }
  int add(py::object function) {
    changes++;
    functions_.emplace_back(next_, std::move(function));
    return next_++;
  }
  void remove(int key) {
    changes++;
    std::erase_if(functions_, [&](const auto& f) { return f.first == key; });
  }
  py::list functions() const {
    py::list found;
    for (const auto& [key, function] : functions_) found.append(function);
    return found;
  }
  Tensor run(const Tensor& gradient) override {
    Tensor current = gradient;
    for (const auto& [key, function] : std::vector(functions_)) {
      const py::object changed = call_python(function, py::make_tuple(current));
      if (changed.is_none()) continue;
      const Tensor next = returned_gradient("register_hook: the hook", changed);
      check(next.shape() == gradient.shape(), "register_hook: the hook returned a gradient of shape ",
            next.shape(), "; expected ", gradient.shape());
      check<TypeError>(next.dtype() == gradient.dtype(),
                       "register_hook: the hook returned a gradient of dtype ", next.dtype(), "; expected ",
                       gradient.dtype());
      current = next;
    }
    return current;
  }

 private:
  std::vector<std::pair<int, py::object>> functions_;
  Ref<HooksLink> link_{new HooksLink};
  int next_ = 0;
};

Ref<PythonHooks> hooks_of(const Tensor& t) {
  if (!t.impl()->hooks) attach_hooks(t, Ref<Object>(new PythonHooks()));
  return Ref<PythonHooks>(static_cast<PythonHooks*>(t.impl()->hooks.get()));
}

struct HookHandle {
  Ref<HooksLink> link;
  int key;
  void remove() const {
    if (link->hooks) link->hooks->remove(key);
  }
};

HookHandle register_hook(const Tensor& t, const py::object& hook) {
  check<Error>(t.requires_grad(),
               "register_hook: this tensor does not require a gradient, so a hook would never run");
  check<TypeError>(PyCallable_Check(hook.ptr()), "register_hook: expected a function, got ",
                   Py_TYPE(hook.ptr())->tp_name);
  const Ref<PythonHooks> hooks = hooks_of(t);
  track_hooks(t);
  return {hooks->link(), hooks->add(hook)};
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

// The same values. When all of their gradients are known, function(gradients) replaces them.
py::typing::Tuple<Tensor, py::ellipsis> backward_gate(const std::vector<Tensor>& xs,
                                                      const py::function& function) {
  std::vector<Tensor> ys;
  for (const Tensor& x : xs) ys.push_back(x.detach());
  if (Tape tape{std::span<const Tensor>(xs)})
    tape.record("gate", ys, [function](std::span<const Tensor> dys, InputGrads& dx) {
      const py::object changed = call_python(function, py::make_tuple(to_tuple(dys)));
      check<TypeError>(PyTuple_Check(changed.ptr()), "backward_gate: the function returned a ",
                       Py_TYPE(changed.ptr())->tp_name, "; expected a tuple of gradients");
      const auto gradients = py::reinterpret_borrow<py::tuple>(changed);
      check(gradients.size() == dys.size(), "backward_gate: the function returned ", gradients.size(),
            " gradients; expected ", dys.size());
      for (size_t i = 0; i < dys.size(); i++) {
        const py::object gradient = gradients[i];
        if (dx.needs(i) && !gradient.is_none())
          dx[i] = returned_gradient("backward_gate: the function", gradient);
      }
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

}  // namespace

void visit_hooks(const Object& hooks, Visitor& visitor) {
  static_cast<const PythonHooks&>(hooks).visit(visitor);
}
void forget_hooks(Object& hooks) { static_cast<PythonHooks&>(hooks).forget(); }

void bind_autograd(py::module_& m, TensorClass& tensor) {
  py::class_<HookHandle>(
      m, "HookHandle", "The handle of a hook on a tensor. As a context manager, it removes the hook at exit.")
      .def("remove", &HookHandle::remove, "Removes the hook; a second call does nothing.")
      .def("__enter__", [](py::object self) { return self; })
      .def("__exit__", [](const HookHandle& h, const py::args&) { h.remove(); });
  tensor.def("register_hook", register_hook, py::arg("hook"),
             "Calls hook(gradient) when this tensor's gradient is complete; a returned tensor replaces the "
             "gradient.\n\n"
             ">>> x = nncore.tensor([1.0, 2.0], requires_grad=True)\n"
             ">>> handle = x.register_hook(lambda gradient: 2 * gradient)\n"
             ">>> x.sum().backward()\n>>> x.grad.tolist()\n[2.0, 2.0]");
  tensor.def("retain_grad", retain_grad,
             "Makes backward() keep the gradient of this non-leaf tensor in its grad.");
  tensor.def_property_readonly(
      "retains_grad",
      [](const TensorImpl& t) {
        return t.grad_fn && t.hooks && static_cast<GradientHooks&>(*t.hooks).retains;
      },
      "Whether this is a non-leaf tensor that keeps its gradient.");
  tensor.def_property_readonly(
      "_gradient_hooks",
      [](const TensorImpl& t) {
        return t.hooks ? static_cast<PythonHooks&>(*t.hooks).functions() : py::list();
      },
      "The functions registered with register_hook.");
  m.def("gradients", gradients, py::arg("outputs"), py::arg("inputs"), py::arg("grad_outputs"),
        py::arg("retain_graph") = false, "The implementation of nncore.autograd.grad.");
  m.def("backward_gate", backward_gate, py::arg("tensors"), py::arg("function"),
        "Returns the same values; function(gradients) replaces all of their gradients at once.");
  m.def(
      "set_recording",
      [](bool on) {
        const bool before = grad_enabled();
        set_grad_enabled(on);
        return before;
      },
      py::arg("on").noconvert(),
      "Switches recording of ops in this thread on or off; returns the previous setting.");
  m.def("is_grad_enabled", grad_enabled, "Whether ops are recorded in this thread.");
}

}  // namespace nncore::bind
