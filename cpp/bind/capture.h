// One capture as Python sees it: a context around the run of a step.
#pragma once
#include <optional>
#include <thread>

#include "../plan/plan.h"
#include "collect.h"
#include "module.h"

namespace nncore::bind {

// A watch of this thread between __enter__ and __exit__ of a context manager.
class Watching {
 public:
  void enter(const char* name, Watcher* watcher) {
    check<Error>(!watch_, name, ": entered again before it was left");
    watch_.emplace(watcher);
    thread_ = std::this_thread::get_id();
  }
  void exit(const char* name) {
    check<Error>(watch_ && thread_ == std::this_thread::get_id(), name,
                 ": __exit__ without __enter__ in this thread; use it in a with statement");
    watch_.reset();
  }

 private:
  std::optional<Watch> watch_;
  std::thread::id thread_;
};

class Capture final : public Object {
 public:
  Capture(const std::vector<Tensor>& inputs, bool strict) : capture_(inputs, strict) {}

  static thread_local Capture* current;  // of this thread

  void enter();
  void exit(bool failed);
  // The results without history, once nothing else of the step is left; raises for a tensor that is kept.
  std::vector<Tensor> finish(const py::list& results);

  const plan::Capture& capture() const { return capture_; }
  const std::vector<py::object>& leaves() const { return leaves_; }
  bool changed_structure() const { return changed_structure_; }
  // An optimizer reads these settings, the memory of a parameter group's numbers.
  void note(const Tensor& settings);
  // A schedule sets the rates in these settings. Returns whether the step has read one of them before.
  bool sets_rates(const std::vector<Tensor>& settings);
  void visit(Visitor& visitor) const;
  void forget();
  void close() { capture_.finish(); }  // only its record is still needed

 private:
  void check_nothing_kept(const std::vector<Tensor>& results) const;

  plan::Capture capture_;
  Watching watching_;
  Capture* outer_ = nullptr;
  std::vector<py::object> leaves_;  // of the record
  std::vector<Tensor> settings_;    // that optimizers have read
  std::vector<Tensor> set_later_;   // whose rates change after they were read
  uint64_t changes_before_ = 0;
  bool changed_structure_ = false;
};

// Tells the step being captured, if any, which settings an optimizer reads.
void note_settings(const Tensor& settings);

}  // namespace nncore::bind
