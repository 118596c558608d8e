// The settings of one parameter group, kept as data that kernels read, so that a replayed step sees changes.
#pragma once
#include "collect.h"

namespace nncore::bind {

class Settings final : public Object {
 public:
  // keys: names in the group, numbers as they are; a tuple in the group gives each of its numbers.
  // check(group) raises for values out of range.
  Settings(py::dict group, py::tuple keys, py::tuple flags, py::function check);

  // Takes over what has changed in the group. A flag that changes asks for other calls.
  void refresh();
  // Raises unless there are so many numbers and flags.
  void expect(int64_t numbers, size_t flags) const;
  const Tensor& values() const { return values_; }
  const std::vector<bool>& flags() const { return flag_; }
  bool flag(int i) const { return flag_[size_t(i)]; }
  const py::dict& group() const { return group_; }
  void visit(Visitor& visitor) const;
  void forget();

 private:
  void read(std::vector<double>& numbers) const;
  void read_flags();

  py::dict group_;
  py::tuple keys_, flags_;
  py::function check_;
  std::vector<double> numbers_;  // as last read
  std::vector<bool> flag_;
  Tensor values_;  // float64
};

// Tells the step being captured, if any, which settings it reads.
void note_settings(Settings& settings);

}  // namespace nncore::bind
