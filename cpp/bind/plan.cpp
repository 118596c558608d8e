#include "plan.h"

#include <pybind11/typing.h>

#include <algorithm>
#include <bit>
#include <chrono>
#include <thread>

#include "direct.h"
#include "interpreter.h"

namespace nncore::bind {
namespace {

// Whether two constants are equal. Compares floats by their bits: -0 differs from 0, and NaN equals NaN.
bool same_constant(PyObject* a, PyObject* b) {
  if (a == b) return true;
  if (Py_TYPE(a) != Py_TYPE(b)) return false;
  if (PyFloat_CheckExact(a))
    return std::bit_cast<uint64_t>(PyFloat_AS_DOUBLE(a)) == std::bit_cast<uint64_t>(PyFloat_AS_DOUBLE(b));
  const int equal = PyObject_RichCompareBool(a, b, Py_EQ);
  if (equal < 0) throw py::error_already_set();
  return equal == 1;
}

bool is_plain(PyObject* value) {
  return PyFloat_CheckExact(value) || PyLong_CheckExact(value) || PyUnicode_CheckExact(value) ||
         PyBytes_CheckExact(value);
}

// The current value of a place: a borrowed reference, or null if the place is empty.
PyObject* content(PyObject* holder, PyObject* key) {
  if (PyCell_Check(holder)) return PyCell_GET(holder);
  if (PyList_Check(holder)) {
    const Py_ssize_t i = PyLong_AsSsize_t(key);
    return i >= 0 && i < PyList_GET_SIZE(holder) ? PyList_GET_ITEM(holder, i) : nullptr;
  }
  return PyDict_GetItemWithError(holder, key);
}

}  // namespace

bool unchanged(const py::tuple& places) {
  for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(places.ptr()); i++) {
    PyObject* const place = PyTuple_GET_ITEM(places.ptr(), i);
    PyObject* const before = PyTuple_GET_ITEM(place, 2);
    PyObject* now = content(PyTuple_GET_ITEM(place, 0), PyTuple_GET_ITEM(place, 1));
    if (!now) {
      if (PyErr_Occurred()) throw py::error_already_set();
      now = Py_NotImplemented;
    }
    if (now != before && !(is_plain(now) && same_constant(now, before))) return false;
  }
  return true;
}

Plan::Plan(const Capture& capture, const std::vector<Tensor>& results, py::tuple arguments, py::tuple names,
           Around around)
    : plan_(new plan::Plan(capture.capture(), results)),
      leaves_(capture.leaves()),
      arguments_(std::move(arguments)),
      names_(std::move(names)),
      around_(std::move(around)) {}

void Plan::trust(uint64_t version, py::tuple places) {
  for (const py::handle place : places) {
    check<TypeError>(PyTuple_CheckExact(place.ptr()) && PyTuple_GET_SIZE(place.ptr()) == 3,
                     "trust: a place must be a tuple (holder, key, value)");
    PyObject* const holder = PyTuple_GET_ITEM(place.ptr(), 0);
    PyObject* const key = PyTuple_GET_ITEM(place.ptr(), 1);
    check<TypeError>(PyCell_Check(holder) || (PyList_Check(holder) && PyLong_Check(key)) ||
                         (PyDict_Check(holder) && PyUnicode_CheckExact(key)),
                     "trust: a place must be in a cell, a list or a dict");
  }
  version_ = version;
  places_ = std::move(places);
}

void Plan::visit(Visitor& visitor) const {
  for (const py::object& leaf : leaves_) visitor(leaf);
  for (const py::handle held :
       {py::handle(arguments_), py::handle(names_), py::handle(places_), py::handle(around_.before),
        py::handle(around_.after), py::handle(around_.rebuild)})
    visitor(held);
}

void Plan::forget() {
  for (py::object* held : std::initializer_list<py::object*>{&arguments_, &names_, &places_, &around_.before,
                                                             &around_.after, &around_.rebuild})
    held->release().dec_ref();
  std::exchange(leaves_, {});
}

bool Plan::ready(const std::vector<Tensor>& inputs) {
  is_due_ = false;
  if (watcher()) return false;  // this call is part of a step that is being captured
  if (!places_ || version_ != structure.version() || grad_enabled_ != grad_enabled()) return false;
  if (!plan_->fits(inputs) || !unchanged(places_)) return false;
  if (runs_ + 1 >= next_audit_) {
    is_due_ = true;
    return false;
  }
  if (around_.before.is_none()) return true;
  call_python(around_.before, py::tuple());
  check<CaptureError>(version_ == structure.version(),
                      "compile: a schedule inside the step has set a number of an optimizer out of range, or "
                      "has changed something else");
  return true;
}

void Plan::audited(int64_t ns) {
  plan_->adopt_gradients();
  int64_t replay_ns = 300;  // time outside the kernels
  for (size_t g = 0; g < plan_->groups().size(); g++) replay_ns += plan_->time(int(g)).ns;
  const int64_t thousands = 1 + ns / (20 * replay_ns);  // so that audits take at most 2% of the time
  runs_++;
  next_audit_ = runs_ < 512 ? int64_t(std::bit_ceil(uint64_t(runs_) + 1)) : (runs_ / 1000 + thousands) * 1000;
  is_due_ = false;
}

// Collects the tensors among the arguments. Returns false if another plan is needed.
bool Plan::take(const py::tuple& values, const py::tuple& names, std::vector<Tensor>& inputs) const {
  if (!places_ || values.size() != arguments_.size() || !names_.equal(names)) return false;
  for (size_t i = 0; i < values.size(); i++) {
    PyObject* now = PyTuple_GET_ITEM(values.ptr(), i);
    if (TensorImpl* t = tensor_of(now)) {
      if (t->requires_grad) return false;
      inputs.emplace_back(Ref<TensorImpl>(t));
    } else if (!same_constant(now, PyTuple_GET_ITEM(arguments_.ptr(), i))) {
      return false;
    }
  }
  return true;
}

bool Plan::takes_only_tensors() const {
  return places_ && std::all_of(arguments_.begin(), arguments_.end(),
                                [](py::handle a) { return tensor_of(a.ptr()) != nullptr; });
}

std::vector<Tensor> Plan::replay(const std::vector<Tensor>& inputs) {
  runs_++;
  std::vector<Tensor> results = plan_->replay(inputs);
  if (!around_.after.is_none()) call_python(around_.after, py::tuple());
  return results;
}

py::object Plan::run(const py::tuple& values, const py::tuple& names) {
  std::vector<Tensor> inputs;
  inputs.reserve(values.size());
  is_due_ = false;
  if (!take(values, names, inputs) || !ready(inputs))
    return py::reinterpret_borrow<py::object>(Py_NotImplemented);
  std::vector<Tensor> results = replay(inputs);
  if (around_.rebuild.is_none()) return py::cast(results[0]);
  return call_python(around_.rebuild, py::make_tuple(results));
}

void Step::prefer(const Held<Plan>& plan) {
  const auto found = std::find_if(recent.begin(), recent.end(), [&](const auto& p) { return p.is(plan); });
  if (found != recent.end()) {
    std::rotate(recent.begin(), found, found + 1);
    return;
  }
  recent.insert(recent.begin(), plan);
  if (recent.size() > max_recent) recent.pop_back();
}

py::object Step::replay(const py::tuple& values, const py::tuple& names) {
  for (size_t i = 0; i < recent.size(); i++) {
    const Held<Plan> plan = recent[i];  // keeps the plan alive: Python code may run meanwhile and drop it
    py::object result = plan->run(values, names);
    if (result.ptr() != Py_NotImplemented) {
      replays++;
      if (i > 0) prefer(plan);
      return result;
    }
    if (plan->is_due()) break;
  }
  return py::reinterpret_borrow<py::object>(Py_NotImplemented);
}

namespace {

// Lets one thread at a time run a step. Other threads wait; Ctrl-C ends the wait. The interpreter lock
// protects the step's counters.
class Turn {
 public:
  explicit Turn(Step& step) : step_(step) {
    const unsigned long thread = PyThread_get_thread_ident();
    while (step.depth > 0 && step.thread != thread) {
      {
        const OutsideInterpreter outside(true);
        std::this_thread::sleep_for(std::chrono::microseconds(200));
      }
      if (PyErr_CheckSignals() != 0) throw py::error_already_set();
    }
    step.thread = thread;
    step.depth++;
  }
  ~Turn() { step_.depth--; }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

 private:
  Step& step_;
};

PyObject* call_step(PyObject* self, PyObject* args, PyObject* kwargs) {
  return call_guarded([&]() -> py::object {
    auto* step = value_of<Step>(self);
    check<TypeError>(step != nullptr, "compile: this step was never initialized");
    std::optional<Turn> turn;
    if (!watcher()) turn.emplace(*step);  // otherwise it is part of the step that this thread captures
    if (!kwargs || PyDict_GET_SIZE(kwargs) == 0) {
      static const py::object* const no_names = new py::object(py::tuple());
      py::object result =
          step->replay(py::reinterpret_borrow<py::tuple>(args), py::reinterpret_borrow<py::tuple>(*no_names));
      if (result.ptr() != Py_NotImplemented) return result;
    }
    const py::object named = kwargs ? py::reinterpret_borrow<py::object>(kwargs) : py::dict();
    return call_python(py::handle(self).attr("_find"), py::make_tuple(py::handle(args), named));
  });
}

using Arguments = py::typing::Tuple<py::object, py::ellipsis>;
using Names = py::typing::Tuple<py::str, py::ellipsis>;
using Places = py::typing::Tuple<py::typing::Tuple<py::object, py::object, py::object>, py::ellipsis>;

// A call's share of the time of its group is its share of the group's cost.
py::dict describe(const plan::PlannedCall& p, const nncore::Group& group, Program::Time time, int64_t index) {
  py::dict d;
  d["index"] = index;
  d["name"] = p.call.type->name();
  d["detail"] = p.call.type->text(p.call.memory);
  d["where"] = p.where;
  d["flops"] = p.call.type->flops(p.call.memory);
  int64_t bytes = 0;
  for (const nncore::Operand& o : p.call.operands()) bytes += o.bytes;
  d["bytes"] = bytes;
  d["predicted_ns"] = p.call.cost;
  const double share = group.count == 1 ? 1 : double(p.call.cost + 1) / double(group.cost + group.count);
  d["measured_ns"] = int64_t(double(time.ns) * share);
  d["alone"] = time.alone;
  d["group"] = p.group;
  return d;
}

}  // namespace

void bind_plan(py::module_& m) {
  m.def(
      "unchanged", [](const Places& places) { return unchanged(places); }, py::arg("places"),
      "Whether places in Python, tuples (holder, key, value), still have their values.");
  py::class_<Plan, Ref<Plan>>(m, "Plan", py::custom_type_setup(collect<Plan>),
                              "The calls of a captured step with their memory laid out, ready for replays.")
      .def(py::init([](const Capture& capture, const std::vector<Tensor>& results, Arguments arguments,
                       Names names, py::object before, py::object after, py::object rebuild) {
             return Ref<Plan>(new Plan(capture, results, std::move(arguments), std::move(names),
                                       {std::move(before), std::move(after), std::move(rebuild)}));
           }),
           py::arg("capture"), py::arg("results"), py::arg("arguments"), py::arg("names"), py::arg("before"),
           py::arg("after"), py::arg("rebuild"))
      .def(
          "trust", [](Plan& p, uint64_t version, Places places) { p.trust(version, std::move(places)); },
          py::arg("version"), py::arg("places"),
          "Sets the conditions of the plan: the version of the structure, and the values of places.")
      .def_property_readonly("is_due", &Plan::is_due,
                             "Whether the last attempt to replay found that an audit is due.")
      .def("audited", &Plan::audited, py::arg("ns"),
           "Must be called after an audit found no difference. ns: how long the eager run took.")
      .def(
          "calls",
          [](Plan& p) {
            py::list calls;
            for (const plan::PlannedCall& call : p.plan().calls())
              calls.append(describe(call, p.plan().groups()[size_t(call.group)], p.plan().time(call.group),
                                    int64_t(calls.size())));
            return calls;
          },
          "The calls that a replay runs, in order, each as a dict.")
      .def(
          "summary",
          [](Plan& p) {
            const plan::Plan::Memory& memory = p.plan().memory();
            py::dict d;
            d["eager_peak"] = memory.eager_peak;
            d["arena"] = memory.arena;
            d["leaving"] = memory.leaving;
            d["outside"] = memory.outside;
            d["dropped"] = p.plan().dropped();
            d["replays"] = p.plan().replays();
            return d;
          },
          "Memory in bytes, calls dropped, replays so far.");
  const auto callable = [](PyHeapTypeObject* type) {
    collect<Step>(type);
    type->ht_type.tp_call = call_step;
  };
  py::class_<Step, Ref<Step>>(
      m, "Step", py::custom_type_setup(callable),
      "A captured step. A call replays a plan, or goes to the method _find if no plan is ready.")
      .def(py::init([] { return Ref<Step>(new Step); }))
      .def_readonly("replays", &Step::replays, "The number of calls that were replays.")
      .def_readonly("_recent", &Step::recent,
                    "The plans that a call tries, beginning with the one used last.")
      .def("_prefer", &Step::prefer, py::arg("plan"), "Makes calls try this plan first.")
      .def("_forget", &Step::forget, "Makes calls try no plan.")
      .def(
          "_replay",
          [](Step& step, const Arguments& values, const Names& names) { return step.replay(values, names); },
          py::arg("values"), py::arg("names"), "The result of a replay, or NotImplemented.")
      .def(
          "_replay_epoch",
          [](Step& step, const std::vector<Tensor>& sources, const Tensor& order, int64_t size, int64_t first,
             int64_t steps, const std::vector<std::optional<Tensor>>& sinks, const py::object& progress) {
            std::vector<Tensor> targets;
            for (const auto& sink : sinks) targets.push_back(sink.value_or(Tensor()));
            const Turn turn(step);
            return step.replay_epoch(sources, order, size, first, steps, targets, progress);
          },
          py::arg("sources"), py::arg("order"), py::arg("size"), py::arg("first"), py::arg("steps"),
          py::arg("sinks"), py::arg("progress"), "Replays consecutive batches; returns how many ran.");
}

}  // namespace nncore::bind
