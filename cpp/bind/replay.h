// A plan with all that Python has to see to around a replay.
#pragma once
#include "../autograd/tape.h"
#include "collect.h"
#include "guards.h"
#include "recording.h"

namespace nncore::bind {

class Replay final : public Object {
 public:
  // arguments: those of the step, tensors and constants. prepare(), if any: what Python does in each step
  // before it. rebuild(list of tensors): the step's result.
  Replay(const Recording& recording, const std::vector<Tensor>& results, py::tuple arguments,
         Held<Guards> guards, py::object prepare, py::object rebuild);

  // False when these arguments, or what has changed since the capture, need another plan.
  bool ready(const std::vector<Tensor>& inputs);
  py::object run(const py::tuple& arguments);  // the step's result, or NotImplemented
  // Steps first, first + 1, ... of an epoch on batches of `size` rows of the sources in this order; result i
  // of each goes to sinks[i], where there is one. Returns how many steps ran: fewer than asked when another
  // plan is needed. progress(steps), if any, is called now and then, and before an exception leaves.
  int64_t run_epoch(const std::vector<Tensor>& sources, const Tensor& order, int64_t size, int64_t first,
                    int64_t steps, const std::vector<Tensor>& sinks, const py::object& progress);
  // Models are as they were at the capture, and what the guards look at means the same.
  void trust(uint64_t version, Held<Guards> guards);
  void visit(Visitor& visitor) const;
  void forget();

  plan::Plan& plan() { return *plan_; }

 private:
  bool take(const py::tuple& arguments, std::vector<Tensor>& inputs) const;

  Ref<plan::Plan> plan_;
  std::vector<py::object> leaves_;  // whose values the plan knows
  py::tuple arguments_;
  Held<Guards> guards_;
  py::object prepare_, rebuild_;
  uint64_t version_ = structure_version.load();
  bool grad_enabled_ = grad_enabled();
};

// Base of what nncore.compile returns: a call by position replays the last plan without passing through
// Python, any other is left to the method _find(args, kwargs).
struct Step final : Object {
  Held<Replay> last;
  unsigned long thread = 0;  // that runs the step
  int depth = 0;             // of its calls

  void visit(Visitor& visitor) const { visitor(last); }
  void forget() { std::exchange(last, {}); }
};

}  // namespace nncore::bind
