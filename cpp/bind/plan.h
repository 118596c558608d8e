// The Python classes Plan and Step: a plan with the conditions of its replays and the Python functions around
// them.
#pragma once
#include "../autograd/tape.h"
#include "capture.h"
#include "collect.h"
#include "structure.h"

namespace nncore::bind {

// Returns whether all places still have their values: the same object or an equal plain value. A place is a
// tuple (holder, key, value) for an entry of a dict or a list, or for a cell (its key is None). The value is
// NotImplemented if the place is empty.
bool unchanged(const py::tuple& places);

class Plan final : public Object {
 public:
  struct Around {        // functions, or None
    py::object before;   // called before each replay
    py::object after;    // called after each replay
    py::object rebuild;  // makes the step's result from a list of tensors; None: the result is one tensor
  };

  // arguments: the tensors and constants of the captured call; the last ones are keyword arguments called
  // `names`.
  Plan(const Capture& capture, const std::vector<Tensor>& results, py::tuple arguments, py::tuple names,
       Around around);

  // Sets the conditions: the plan is right while the structure has this version and these places are
  // unchanged.
  void trust(uint64_t version, py::tuple places);

  py::object run(const py::tuple& values, const py::tuple& names);  // the step's result, or NotImplemented
  // Whether the step can be replayed now with these tensors as its only arguments.
  bool ready(const std::vector<Tensor>& inputs);
  std::vector<Tensor> replay(const std::vector<Tensor>& inputs);  // after ready()
  bool takes_only_tensors() const;

  // The last call of ready() found that only an audit is due: the step must run eagerly, and then audited()
  // be called. The first two runs, which were captured, count. Audits are runs 4, 8, 16, ..., 512, 1000,
  // 2000, 3000, ...; some multiples of 1000 are left out if an audit takes longer than 20 replays.
  bool is_due() const { return is_due_; }
  void audited(int64_t ns);  // how long the eager run took

  void visit(Visitor& visitor) const;
  void forget();

  plan::Plan& plan() { return *plan_; }

 private:
  bool take(const py::tuple& values, const py::tuple& names, std::vector<Tensor>& inputs) const;

  Ref<plan::Plan> plan_;
  std::vector<py::object> leaves_;  // leaves whose values the plan uses
  py::tuple arguments_, names_, places_;
  Around around_;
  uint64_t version_ = 0;
  bool grad_enabled_ = grad_enabled(), is_due_ = false;
  int64_t runs_ = 2, next_audit_ = 4;
};

// The base class of captured steps. A call first tries the recent plans, without Python code. If none is
// ready, it calls the method _find(args, kwargs).
struct Step final : Object {
  static constexpr size_t max_recent = 4;
  std::vector<Held<Plan>> recent;  // the plan used last comes first
  int64_t replays = 0;
  unsigned long thread = 0;  // the thread that runs the step
  int depth = 0;             // the number of nested calls

  void prefer(const Held<Plan>& plan);
  py::object replay(const py::tuple& values, const py::tuple& names);  // or NotImplemented
  // Runs steps first, first + 1, ... of an epoch. Each takes a batch of `size` rows of the sources in the
  // given order (the last batch may be smaller) and writes result i to sinks[i], if defined. Returns how many
  // steps ran: fewer than `steps` if no plan is ready. Calls progress(steps), if given, at intervals and
  // before an exception propagates.
  int64_t replay_epoch(const std::vector<Tensor>& sources, const Tensor& order, int64_t size, int64_t first,
                       int64_t steps, const std::vector<Tensor>& sinks, const py::object& progress);

  void visit(Visitor& visitor) const {
    for (const Held<Plan>& plan : recent) visitor(plan);
  }
  void forget() { std::exchange(recent, {}); }
};

}  // namespace nncore::bind
