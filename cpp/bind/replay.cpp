#include "replay.h"

#include <pybind11/typing.h>

#include <chrono>
#include <thread>

#include "direct.h"
#include "interpreter.h"

namespace nncore::bind {

Replay::Replay(const Recording& recording, const std::vector<Tensor>& results, py::tuple arguments,
               Held<Guards> guards, py::object prepare, py::object rebuild)
    : plan_(new plan::Plan(recording.capture(), results)),
      leaves_(recording.leaves()),
      arguments_(std::move(arguments)),
      guards_(std::move(guards)),
      prepare_(std::move(prepare)),
      rebuild_(std::move(rebuild)) {}

void Replay::trust(uint64_t version, Held<Guards> guards) {
  version_ = version;
  guards_ = std::move(guards);
}

void Replay::visit(Visitor& visitor) const {
  for (const py::object& leaf : leaves_) visitor(leaf);
  for (const py::handle held :
       {py::handle(arguments_), py::handle(guards_), py::handle(prepare_), py::handle(rebuild_)})
    visitor(held);
}

void Replay::forget() {
  for (py::object* held : std::initializer_list<py::object*>{&arguments_, &guards_, &prepare_, &rebuild_})
    held->release().dec_ref();
  std::exchange(leaves_, {});
}

bool Replay::ready(const std::vector<Tensor>& inputs) {
  if (watcher()) return false;  // this call is part of a step that is being captured
  if (version_ != structure_version.load() || grad_enabled_ != grad_enabled()) return false;
  const Held<Guards> looked = guards_;  // Python code may run meanwhile, and another thread drop them
  if (!looked || !looked->hold() || !plan_->fits(inputs)) return false;
  if (prepare_.is_none()) return true;
  call_python(prepare_, py::tuple());
  check<CaptureError>(
      version_ == structure_version.load(),
      "compile: a schedule inside the step has changed more than numbers of an optimizer, or set "
      "one out of range");
  return true;
}

// The tensors among the arguments; false where a constant is another one.
bool Replay::take(const py::tuple& arguments, std::vector<Tensor>& inputs) const {
  if (arguments.size() != arguments_.size()) return false;
  for (size_t i = 0; i < arguments.size(); i++) {
    PyObject* now = PyTuple_GET_ITEM(arguments.ptr(), i);
    if (TensorImpl* t = tensor_of(now)) {
      if (t->requires_grad) return false;
      inputs.emplace_back(Ref<TensorImpl>(t));
    } else if (!same_constant(now, PyTuple_GET_ITEM(arguments_.ptr(), i))) {
      return false;
    }
  }
  return true;
}

py::object Replay::run(const py::tuple& arguments) {
  std::vector<Tensor> inputs;
  inputs.reserve(arguments.size());
  if (!take(arguments, inputs) || !ready(inputs))
    return py::reinterpret_borrow<py::object>(Py_NotImplemented);
  std::vector<Tensor> results = plan_->replay(inputs);
  if (rebuild_.is_none()) return py::cast(results[0]);
  return call_python(rebuild_, py::make_tuple(results));
}

namespace {

// One thread runs a step at a time; others wait for their turn, and Ctrl-C ends the wait. The interpreter
// lock guards the step's counters.
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
    check<TypeError>(step != nullptr, "compile: this step was never initialised");
    std::optional<Turn> turn;
    if (!watcher()) turn.emplace(*step);  // otherwise it is part of the step that this thread captures
    if (const Held<Replay> last = step->last; last && (!kwargs || PyDict_GET_SIZE(kwargs) == 0)) {
      py::object result = last->run(py::reinterpret_borrow<py::tuple>(args));
      if (result.ptr() != Py_NotImplemented) return result;
    }
    const py::object named = kwargs ? py::reinterpret_borrow<py::object>(kwargs) : py::dict();
    return call_python(py::handle(self).attr("_find"), py::make_tuple(py::handle(args), named));
  });
}

using Arguments = py::typing::Tuple<py::object, py::ellipsis>;

// A call of a group has the share of its time that it has of its cost.
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

void bind_replay(py::module_& m) {
  const auto callable = [](PyHeapTypeObject* type) {
    collect<Step>(type);
    type->ht_type.tp_call = call_step;
  };
  py::class_<Step, Ref<Step>> step_class(
      m, "Step", py::custom_type_setup(callable),
      "A step whose calls replay its last plan, or else go to its method _find.");
  py::class_<Replay, Ref<Replay>>(m, "Plan", py::custom_type_setup(collect<Replay>),
                                  "A captured step made ready for replays.")
      .def(py::init([](const Recording& recording, const std::vector<Tensor>& results, Arguments arguments,
                       const Held<Guards>& guards, py::object prepare, py::object rebuild) {
             return Ref<Replay>(new Replay(recording, results, std::move(arguments), guards,
                                           std::move(prepare), std::move(rebuild)));
           }),
           py::arg("recording"), py::arg("results"), py::arg("arguments"), py::arg("guards"),
           py::arg("prepare"), py::arg("rebuild"))
      .def(
          "run", [](Replay& r, const Arguments& arguments) { return r.run(arguments); }, py::arg("arguments"),
          "The result of a replay, or NotImplemented when these arguments need another plan.")
      .def(
          "run_epoch",
          [](Replay& r, Step& step, const std::vector<Tensor>& sources, const Tensor& order, int64_t size,
             int64_t first, int64_t steps, const std::vector<std::optional<Tensor>>& sinks,
             const py::object& progress) {
            std::vector<Tensor> places;
            for (const auto& sink : sinks) places.push_back(sink.value_or(Tensor()));
            const Turn turn(step);
            return r.run_epoch(sources, order, size, first, steps, places, progress);
          },
          py::arg("step"), py::arg("sources"), py::arg("order"), py::arg("size"), py::arg("first"),
          py::arg("steps"), py::arg("sinks"), py::arg("progress"),
          "Replays on consecutive batches; how many ran.")
      .def("trust", &Replay::trust, py::arg("version"), py::arg("guards"),
           "Says that models are as they were, and what the guards look at now.")
      .def(
          "calls",
          [](Replay& r) {
            py::list calls;
            for (const plan::PlannedCall& p : r.plan().calls())
              calls.append(describe(p, r.plan().groups()[size_t(p.group)], r.plan().time(p.group),
                                    int64_t(calls.size())));
            return calls;
          },
          "What a replay runs, in order: a dict for each call.")
      .def(
          "summary",
          [](Replay& r) {
            const plan::Plan::Memory& memory = r.plan().memory();
            py::dict d;
            d["eager_peak"] = memory.eager_peak;
            d["arena"] = memory.arena;
            d["leaving"] = memory.leaving;
            d["outside"] = memory.outside;
            d["dropped"] = r.plan().dropped();
            d["replays"] = r.plan().replays();
            return d;
          },
          "Memory in bytes, calls dropped, replays so far.");
  step_class.def(py::init([] { return Ref<Step>(new Step); }))
      .def_property(
          "last_plan", [](const Step& s) { return s.last ? std::optional(s.last) : std::nullopt; },
          [](Step& s, const std::optional<Held<Replay>>& plan) { s.last = plan.value_or(Held<Replay>()); },
          "The plan that calls by position try first, or None.");
}

}  // namespace nncore::bind
