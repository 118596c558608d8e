// A replay binds arguments and results, runs the calls, and leaves the gradients where backward would.
#include "plan.h"

#include <algorithm>
#include <optional>

#include "../core/error.h"
#include "../core/fpmode.h"
#include "../core/interrupt.h"

namespace nncore::plan {

namespace {

constexpr int64_t long_step = 100'000'000;  // ns; shorter steps are not interrupted

class Running {
 public:
  explicit Running(bool& flag) : flag_(flag) {
    check<Error>(!flag_,
                 "compile: this step is already running, in another thread or inside itself; call it "
                 "again after it has returned");
    flag_ = true;
  }
  ~Running() { flag_ = false; }

 private:
  bool& flag_;
};

}  // namespace

// Restores the state from before an abandoned step.
class Plan::Undo {
 public:
  explicit Undo(const Plan& plan) : plan_(plan), next_(plan.writes_.begin()) {
    for (const Ref<Generator>& g : plan.generators_) states_.push_back(g->state());
  }
  // Copies the memory that a group will write. Called for each group before it runs.
  void keep(int group) {
    for (; next_ != plan_.writes_.end() && next_->group == group; ++next_) {
      const Operand& arg = plan_.calls_[size_t(next_->call)].call.operands()[size_t(next_->operand)];
      copies_.push_back({arg.data, std::vector<std::byte>(size_t(arg.bytes))});
      plan_.backend_->download(copies_.back().bytes.data(), arg.data, size_t(arg.bytes));
    }
  }
  // Gradients that the step dropped are not restored if it has overwritten their memory.
  void restore() const {
    for (auto copy = copies_.rbegin(); copy != copies_.rend(); ++copy)
      plan_.backend_->upload(copy->data, copy->bytes.data(), copy->bytes.size());
    for (size_t i = 0; i < states_.size(); i++) plan_.generators_[i]->set_state(states_[i]);
    for (const Leaf& l : plan_.leaves_)
      if (!l.keeps && l.leaf->grad == l.grad) l.leaf->grad.reset();
  }

 private:
  struct Copy {
    void* data;
    std::vector<std::byte> bytes;
  };
  const Plan& plan_;
  std::vector<Write>::const_iterator next_;
  std::vector<Copy> copies_;
  std::vector<RandomKey> states_;
};

bool Plan::fits(const std::vector<Tensor>& inputs) const {
  if (inputs.size() != inputs_.size()) return false;
  for (size_t i = 0; i < inputs.size(); i++) {
    if (inputs[i].dtype() != inputs_[i].dtype || inputs[i].shape() != inputs_[i].shape) return false;
    const TensorImpl& t = *inputs[i].impl();
    if (inputs_[i].written && (t.is_part || t.storage->read_only())) return false;  // an eager run raises
  }
  return std::all_of(leaves_.begin(), leaves_.end(), [](const Leaf& l) { return l.as_before(); });
}

void Plan::bind(const std::vector<Place>& places, std::byte* memory) {
  for (const Place& p : places)
    calls_[size_t(p.call)].call.operands()[size_t(p.operand)].data = memory + p.offset;
}

bool Plan::free_to_overwrite(const Slot& slot) const {
  if (slot.storage->use_count() != 1 + int64_t(slot.leaves.size())) return false;
  for (const int i : slot.leaves) {
    const Leaf& l = leaves_[size_t(i)];
    if (l.grad->use_count() != 1 + (l.leaf->grad == l.grad)) return false;
  }
  return true;
}

void Plan::renew(Slot& slot) {
  slot.storage = Ref<Storage>(new Storage(slot.storage->bytes(), slot.storage->device()));
  for (const int i : slot.leaves) {
    Leaf& l = leaves_[size_t(i)];
    l.grad = Ref<TensorImpl>(new TensorImpl(slot.storage, l.grad->byte_offset, l.grad->shape, l.grad->dtype));
    l.grad->is_gradient = true;
  }
  bind(slot.places, slot.storage->data());
}

std::vector<Tensor> Plan::replay(const std::vector<Tensor>& inputs) {
  const Running running(running_);
  for (size_t i = 0; i < inputs.size(); i++)
    bind(inputs_[i].places, static_cast<std::byte*>(inputs[i].data()));
  for (Slot& slot : slots_)
    if (!free_to_overwrite(slot)) renew(slot);
  std::vector<Ref<Storage>> held;  // another thread may give an argument other memory meanwhile
  if (cost_ > long_call_ns)
    for (const Tensor& t : inputs) held.push_back(t.impl()->storage);
  run();
  for (Storage* s : changed_) s->changed();
  for (size_t i = 0; i < inputs.size(); i++)
    if (inputs_[i].written) inputs[i].impl()->storage->changed();
  replays_++;
  for (const Leaf& l : leaves_)
    if (!l.keeps && !(l.leaf->grad == l.grad)) l.leaf->grad = l.grad;
  std::vector<Tensor> results;
  results.reserve(outputs_.size());
  for (const Output& o : outputs_) {
    if (o.input >= 0) {
      const TensorImpl& t = *inputs[size_t(o.input)].impl();
      results.emplace_back(t.storage, t.byte_offset + o.offset, o.shape, o.dtype);
    } else {
      const Ref<Storage>& storage = o.slot >= 0 ? slots_[size_t(o.slot)].storage : o.outside.storage();
      results.emplace_back(storage, o.offset, o.shape, o.dtype);
    }
  }
  return results;
}

void Plan::adopt_gradients() {
  for (Slot& slot : slots_)
    if (!free_to_overwrite(slot)) renew(slot);
  for (const Leaf& l : leaves_) {
    if (l.keeps || !l.grad || !l.leaf->grad || l.leaf->grad == l.grad) continue;
    const Tensor from(l.leaf->grad), to(l.grad);
    std::vector<std::byte> values(from.bytes());
    backend_->download(values.data(), from.data(), values.size());
    backend_->upload(to.data(), values.data(), values.size());
    l.leaf->grad = l.grad;
  }
}

// An interrupt or an error abandons a long step, and its changes are undone. After the first write that
// cannot be undone, the step runs to its end.
void Plan::run() {
  if (!program_) return;
  const OutsideInterpreter outside(cost_ > long_call_ns);
  const FlushSubnormals flush;
  const auto draw = [&] {
    for (const int i : drawing_) calls_[size_t(i)].call.draw();
  };
  if (cost_ < long_step) {
    draw();
    return program_->run({});
  }
  Interruptible interruptible;
  Undo undo(*this);
  draw();
  std::optional<Uninterrupted> rest;
  try {
    interruptible.run([&] {
      program_->run([&](int g) {
        if (interrupted()) return false;
        if (g == commit_) rest.emplace();
        if (g < commit_) undo.keep(g);
        return true;
      });
    });
    interruptible.check();
  } catch (...) {
    if (!rest) undo.restore();
    throw;
  }
}

}  // namespace nncore::plan
