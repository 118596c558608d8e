// The calls of a captured step with their memory laid out; replays run them without tape or allocation.
#pragma once
#include <string>
#include <vector>

#include "memory.h"
#include "record.h"

namespace nncore::plan {

struct PlannedCall {
  Call call;
  std::string where;  // in the user's program
  int group = 0;
};

class Plan final : public Object {
 public:
  // outputs: the results of the captured step. They may be arguments, or tensors from before the step.
  Plan(const Capture& capture, const std::vector<Tensor>& outputs);

  // True if a replay with these arguments repeats the captured step: it compares shapes, dtypes, leaves and
  // their gradients.
  bool fits(const std::vector<Tensor>& inputs) const;
  std::vector<Tensor> replay(const std::vector<Tensor>& inputs);
  // After an eager run of the same step: moves its gradients to where a replay leaves them.
  void adopt_gradients();

  struct Memory {
    int64_t eager_peak, arena, leaving, outside;  // bytes
  };
  const Memory& memory() const { return memory_; }
  const std::vector<PlannedCall>& calls() const { return calls_; }
  const std::vector<Group>& groups() const { return groups_; }
  Program::Time time(int group) const { return program_->time(group); }
  int dropped() const { return dropped_; }
  int64_t replays() const { return replays_; }

 private:
  struct Place {
    int call, operand;
    int64_t offset;
  };
  struct Input {
    Shape shape;
    DType dtype;
    std::vector<Place> places;
    bool written = false;
  };
  // Memory of results or gradients. A replay allocates it anew if the previous results are still in use.
  struct Slot {
    Ref<Storage> storage;
    std::vector<Place> places;
    std::vector<int> leaves;  // the leaves with gradients here
  };
  struct Output {
    int slot = -1, input = -1;
    Kept outside;
    int64_t offset = 0;
    Shape shape;
    DType dtype;
  };
  struct Leaf : LeafGrad {
    Ref<TensorImpl> grad;  // after the step; null: none
    bool keeps = false;    // the step adds to the gradient from before
  };

  // The slot of each buffer of the record, or -1.
  std::vector<int> find_slots(const Capture& capture, const std::vector<Tensor>& outputs);
  std::vector<int32_t> find_local(const Record& record, const std::vector<int>& kept,
                                  const std::vector<Lifetime>& lifetimes);
  void group(const Record& record, std::vector<int>& kept);
  void lay_out(const Record& record, const std::vector<int>& slot_of, const std::vector<int>& kept);

  // A call's write to memory that existed before the step.
  struct Write {
    int group, call, operand;
  };
  class Undo;

  void find_commit();
  bool free_to_overwrite(const Slot& slot) const;
  void renew(Slot& slot);
  void bind(const std::vector<Place>& places, std::byte* memory);
  void run();

  std::vector<PlannedCall> calls_;
  std::vector<Group> groups_;
  std::unique_ptr<Program> program_;
  std::vector<Input> inputs_;
  std::vector<Output> outputs_;
  std::vector<Slot> slots_;
  std::vector<Leaf> leaves_;
  std::vector<Kept> held_;
  std::vector<Storage*> changed_;  // those in held_ that the step writes, such as parameters
  std::vector<Ref<Generator>> generators_;
  std::vector<int> drawing_;    // calls that draw random numbers, in order
  std::vector<Write> writes_;   // in order
  int commit_ = 0;              // the group with the first write that cannot be undone
  Backend* backend_ = nullptr;  // of all calls
  Tensor arena_;
  Memory memory_ = {};
  int dropped_ = 0;
  int64_t cost_ = 0, replays_ = 0;
  bool running_ = false;
};

}  // namespace nncore::plan
