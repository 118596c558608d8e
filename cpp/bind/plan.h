// A plan as Python sees it: with the conditions of a replay and what Python does around it.
#pragma once
#include "../autograd/tape.h"
#include "capture.h"
#include "collect.h"
#include "structure.h"

namespace nncore::bind {

// Places in Python, each a tuple (holder, key, value): an entry of a dict or a list, or a cell (its key is
// None). The value is NotImplemented if the place is empty. Returns whether each still has its value: the
// same object or an equal plain value.
bool unchanged(const py::tuple& places);

class Plan final : public Object {
 public:
  struct Around {        // functions, or None
    py::object before;   // called before each replay
    py::object after;    // called after each replay
    py::object rebuild;  // makes the step's result from a list of tensors; None: the only tensor
  };

  // arguments: those of the captured call, tensors and constants; the last ones belong to the keywords
  // `names`.
  Plan(const Capture& capture, const std::vector<Tensor>& results, py::tuple arguments, py::tuple names,
       Around around);

  // The plan is right while the structure has this version and these places are unchanged.
  void trust(uint64_t version, py::tuple places);

  py::object run(const py::tuple& values, const py::tuple& names);  // the step's result, or NotImplemented
  // Whether a replay of the step with these tensors as its only arguments is right now.
  bool ready(const std::vector<Tensor>& inputs);
  std::vector<Tensor> replay(const std::vector<Tensor>& inputs);  // after ready()
  bool takes_only_tensors() const;

  // The last call of ready() found that only an audit is due: the step must run eagerly, and then audited()
  // be called. The first two runs, which were captured, count. Audits are runs 4, 8, 16, ..., 512, 1000,
  // 2000, 3000, ...; multiples of 1000 are left out if an audit takes longer than 20 replays.
  bool is_due() const { return is_due_; }
  void audited(int64_t ns);  // how long the eager run took

  void visit(Visitor& visitor) const;
  void forget();

  plan::Plan& plan() { return *plan_; }

 private:
  bool take(const py::tuple& values, const py::tuple& names, std::vector<Tensor>& inputs) const;

  Ref<plan::Plan> plan_;
  std::vector<py::object> leaves_;  // whose values the plan knows
  py::tuple arguments_, names_, places_;
  Around around_;
  uint64_t version_ = 0;
  bool grad_enabled_ = grad_enabled(), is_due_ = false;
  int64_t runs_ = 2, next_audit_ = 4;
};

// Base of what nncore.compile returns. A call tries the plans used last without Python; if none is ready, it
// goes to the method _find(args, kwargs).
struct Step final : Object {
  static constexpr size_t max_recent = 4;
  std::vector<Held<Plan>> recent;  // the plan used last comes first
  int64_t replays = 0;
  unsigned long thread = 0;  // that runs the step
  int depth = 0;             // of its calls

  void prefer(const Held<Plan>& plan);
  py::object replay(const py::tuple& values, const py::tuple& names);  // or NotImplemented
  // Steps first, first + 1, ... of an epoch on batches of `size` rows of the sources in this order (the last
  // batch may be smaller); result i of each goes to sinks[i], if there is one. Returns how many steps ran:
  // fewer than asked if no plan is ready. progress(steps), if any, is called now and then, and before an
  // exception leaves.
  int64_t replay_epoch(const std::vector<Tensor>& sources, const Tensor& order, int64_t size, int64_t first,
                       int64_t steps, const std::vector<Tensor>& sinks, const py::object& progress);

  void visit(Visitor& visitor) const {
    for (const Held<Plan>& plan : recent) visitor(plan);
  }
  void forget() { std::exchange(recent, {}); }
};

}  // namespace nncore::bind
