// The Python class Capture: a context manager around the run of a step.
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

  static thread_local Capture* current;  // this thread's capture

  void enter();
  void exit(bool failed);
  // Returns the results without history. Raises CaptureError if anything else keeps a tensor of the step.
  std::vector<Tensor> finish(const py::list& results);

  const plan::Capture& capture() const { return capture_; }
  const std::vector<py::object>& leaves() const { return leaves_; }
  bool changed_structure() const { return changed_structure_; }
  // Notes that an optimizer reads these settings, the numbers of a parameter group.
  void note(const Tensor& settings);
  // Notes that a schedule sets the rates in these settings. Returns whether the step has read one of them
  // before.
  bool sets_rates(const std::vector<Tensor>& settings);
  void visit(Visitor& visitor) const;
  void forget();
  void close() { capture_.finish(); }  // releases everything but the record

 private:
  void check_nothing_kept(const std::vector<Tensor>& results) const;

  plan::Capture capture_;
  Watching watching_;
  Capture* outer_ = nullptr;
  std::vector<py::object> leaves_;  // the record's leaves
  std::vector<Tensor> settings_;    // settings that optimizers have read
  std::vector<Tensor> set_later_;   // settings whose rates changed after an optimizer read them
  uint64_t changes_before_ = 0;
  bool changed_structure_ = false;
};

// Notes in this thread's capture, if any, that an optimizer reads these settings.
void note_settings(const Tensor& settings);

}  // namespace nncore::bind
