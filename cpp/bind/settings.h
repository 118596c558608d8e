// The settings of one parameter group, kept as data that kernels read, so that a replayed step sees changes.
#pragma once
#include "casters.h"

namespace nncore::bind {

class Settings final : public Object {
 public:
  // keys: names in the group, numbers as they are; a tuple in the group gives each of its numbers.
  // check(group) raises for values out of range.
  Settings(py::dict group, py::list keys, py::list flags, py::function check);

  // Takes over what has changed in the group. A flag that changes asks for other calls.
  void refresh();
  const Tensor& values() const { return values_; }
  const std::vector<bool>& flags() const { return flag_; }
  bool flag(int i) const { return flag_[size_t(i)]; }
  const py::dict& group() const { return group_; }

 private:
  template <class F>
  void for_each_value(F f) const;
  std::vector<bool> read_flags() const;

  py::dict group_;
  py::list keys_, flags_;
  py::function check_;
  std::vector<bool> flag_;
  Tensor values_;  // float64
};

// Tells the step being captured, if any, which settings it reads.
void note_settings(Settings& settings);

}  // namespace nncore::bind
