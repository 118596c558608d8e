// Makes a plan from a record: selects the calls, lays out their memory and finds results and gradients.
#include <algorithm>

#include "plan.h"

namespace nncore::plan {

Plan::Plan(const Capture& capture, const std::vector<Tensor>& outputs) {
  const Record& record = capture.record();
  memory_.eager_peak = record.peak_bytes;
  for (const Tensor& t : capture.inputs())
    inputs_.push_back({.shape = t.shape(), .dtype = t.dtype(), .places = {}});
  const std::vector<int> slot_of = find_slots(capture, outputs);

  // A call is needed if it writes values that are needed later, draws random numbers, or writes
  // nothing (a check).
  std::vector<bool> live(record.buffers.size());
  for (size_t b = 0; b < live.size(); b++) live[b] = record.buffers[b].role != Role::made || slot_of[b] >= 0;
  std::vector<int> kept;
  for (int i = int(record.calls.size()) - 1; i >= 0; i--) {
    const RecordedCall& r = record.calls[size_t(i)];
    bool needed = bool(r.generator), writes = false;
    for (size_t k = 0; k < r.locations.size(); k++) {
      if (!r.call.operands()[k].written) continue;
      writes = true;
      needed = needed || (r.locations[k].buffer >= 0 && live[size_t(r.locations[k].buffer)]);
    }
    if (writes && !needed) continue;
    kept.push_back(i);
    for (const Location& l : r.locations)
      if (l.buffer >= 0) live[size_t(l.buffer)] = true;
  }
  std::reverse(kept.begin(), kept.end());
  dropped_ = int(record.calls.size() - kept.size());
  group(record, kept);
  lay_out(record, slot_of, kept);
  find_commit();
  if (!backend_) return;
  std::vector<const Call*> calls;
  for (const PlannedCall& c : calls_) calls.push_back(&c.call);
  program_ = backend_->prepare(std::move(calls), groups_);
}

std::vector<int> Plan::find_slots(const Capture& capture, const std::vector<Tensor>& outputs) {
  const Record& record = capture.record();
  std::vector<int> slot_of(record.buffers.size(), -1);
  const auto slot = [&](const Ref<Storage>& storage) {
    const int id = capture.buffer_of(storage.get());
    if (id < 0 || record.buffers[size_t(id)].role != Role::made) return -1;
    int& s = slot_of[size_t(id)];
    if (s < 0) {
      s = int(slots_.size());
      slots_.push_back({storage, {}, {}});
      memory_.leaving += int64_t(storage->bytes());
    }
    return s;
  };
  for (const Tensor& t : outputs) {
    const Ref<Storage>& storage = t.impl()->storage;
    Output o = {slot(storage), -1, {}, t.impl()->byte_offset, t.shape(), t.dtype()};
    const int id = capture.buffer_of(storage.get());
    if (id >= 0 && record.buffers[size_t(id)].role == Role::input)
      o.input = record.buffers[size_t(id)].input;
    else if (o.slot < 0)
      o.outside = Kept(storage);
    outputs_.push_back(std::move(o));
  }
  for (const LeafGrad& l : record.leaves) {
    Leaf leaf = {l, l.leaf->grad};
    leaf.keeps = !l.cleared && leaf.grad && leaf.grad->storage.get() == l.at_entry;
    if (leaf.keeps) leaf.grad.reset();
    if (leaf.grad)
      if (const int s = slot(leaf.grad->storage); s >= 0)
        slots_[size_t(s)].leaves.push_back(int(leaves_.size()));
    leaves_.push_back(std::move(leaf));
  }
  return slot_of;
}

void Plan::lay_out(const Record& record, const std::vector<int>& slot_of, const std::vector<int>& kept) {
  const auto is_temporary = [&](int b) {
    return record.buffers[size_t(b)].role == Role::made && slot_of[size_t(b)] < 0;
  };
  // The calls of a group may run in any order, so the lifetime of a buffer covers the groups of its calls.
  std::vector<Lifetime> lifetimes(record.buffers.size(), {-1, -1, 0});
  for (int g = 0; g < int(groups_.size()); g++)
    for (int i = groups_[size_t(g)].first; i < groups_[size_t(g)].first + groups_[size_t(g)].count; i++)
      for (const Location& o : record.calls[size_t(kept[size_t(i)])].locations) {
        if (o.buffer < 0 || !is_temporary(o.buffer)) continue;
        Lifetime& l = lifetimes[size_t(o.buffer)];
        if (l.first < 0) l = {g, g, record.buffers[size_t(o.buffer)].bytes};
        l.last = g;
      }
  const std::vector<int32_t> local = find_local(record, kept, lifetimes);
  for (size_t b = 0; b < local.size(); b++)
    if (local[b] >= 0) lifetimes[b].bytes = 0;
  memory_.arena = place(lifetimes);
  if (backend_) arena_ = empty({memory_.arena}, DType::uint8, *backend_);

  std::vector<bool> held(record.buffers.size());
  calls_.reserve(kept.size());
  int g = 0;
  for (const int i : kept) {
    const RecordedCall& r = record.calls[size_t(i)];
    const int call = int(calls_.size());
    while (call >= groups_[size_t(g)].first + groups_[size_t(g)].count) g++;
    calls_.push_back({r.call, r.where, g});
    cost_ += r.call.cost;
    if (r.generator) {
      generators_.push_back(r.generator);
      drawing_.push_back(call);
    }
    for (int k = 0; k < int(r.locations.size()); k++) {
      const auto [b, offset] = r.locations[size_t(k)];
      Operand& arg = calls_.back().call.operands()[size_t(k)];
      arg.storage = nullptr;
      if (b < 0) {
        if (arg.data) arg.data = arena_.data();  // an operand without elements: any address but null
        continue;
      }
      const Buffer& buffer = record.buffers[size_t(b)];
      if (arg.written && buffer.role != Role::made) writes_.push_back({g, call, k});
      if (buffer.role == Role::input) {
        Input& input = inputs_[size_t(buffer.input)];
        input.places.push_back({call, k, offset});
        input.written = input.written || arg.written;
      } else if (slot_of[size_t(b)] >= 0) {
        slots_[size_t(slot_of[size_t(b)])].places.push_back({call, k, offset});
      } else if (local[size_t(b)] >= 0) {
        arg.local = local[size_t(b)];
      } else if (is_temporary(b)) {
        arg.data = static_cast<std::byte*>(arena_.data()) + lifetimes[size_t(b)].offset + offset;
      } else if (!held[size_t(b)]) {
        held[size_t(b)] = true;
        const bool is_gradient = std::any_of(leaves_.begin(), leaves_.end(), [&](const Leaf& l) {
          return l.keeps && l.at_entry == buffer.storage;
        });
        memory_.outside += buffer.bytes;
        if (!is_gradient) held_.emplace_back(Ref<Storage>(buffer.storage));
        if (!is_gradient && buffer.written) changed_.push_back(buffer.storage);
      }
    }
  }
}

// Small writes of a long step, such as running statistics, are undone from copies. From the first write that
// is large or near the end, the step runs to its end, which is near because optimizers come last.
void Plan::find_commit() {
  constexpr int64_t most_copied = 64 << 20, near_end = 250'000'000;  // bytes, ns
  int64_t room = std::min(most_copied, cost_ / 64), left = cost_;
  auto write = writes_.begin();
  for (commit_ = 0; commit_ < int(groups_.size()); commit_++) {
    const auto first = write;
    for (; write != writes_.end() && write->group == commit_; ++write)
      room -= calls_[size_t(write->call)].call.operands()[size_t(write->operand)].bytes;
    if (write != first && (room < 0 || left < near_end)) break;
    left -= groups_[size_t(commit_)].cost;
  }
}

}  // namespace nncore::plan
