// One capture as Python sees it: a context around the step's run.
#pragma once
#include <optional>

#include "../plan/plan.h"
#include "module.h"
#include "settings.h"

namespace nncore::bind {

class Recording final : public Object {
 public:
  Recording(const std::vector<Tensor>& inputs, bool strict) : capture_(inputs, strict) {}

  static Recording* current;  // one at a time in the process

  void enter();
  void exit(bool failed);
  // The results without history, once nothing else of the step is left; raises for a tensor that is kept.
  std::vector<Tensor> finish(const py::list& results);

  const plan::Capture& capture() const { return capture_; }
  const std::vector<Ref<Settings>>& settings() const { return settings_; }
  void note(Settings& settings);
  void close() { capture_.finish(); }  // only its record is still needed

 private:
  void check_nothing_kept(const std::vector<Tensor>& results) const;

  plan::Capture capture_;
  std::optional<Watch> watch_;
  std::vector<Ref<Settings>> settings_;
};

}  // namespace nncore::bind
