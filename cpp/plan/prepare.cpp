// From a record to a plan: which calls are needed, where their memory lies, and what changes hands.
#include <algorithm>

#include "memory.h"
#include "plan.h"

namespace nncore::plan {

Plan::Plan(const Capture& capture, const std::vector<Tensor>& outputs) {
  const Record& record = capture.record();
  memory_.eager_peak = record.peak_bytes;
  for (const Tensor& t : capture.inputs()) inputs_.push_back({t.shape(), t.dtype(), {}});
  const std::vector<int> slot_of = find_slots(capture, outputs);

  // A call is needed when it writes what is needed later, draws random numbers, or only checks.
  std::vector<bool> live(record.buffers.size());
  for (size_t b = 0; b < live.size(); b++) live[b] = record.buffers[b].role != Role::made || slot_of[b] >= 0;
  std::vector<int> kept;
  for (int i = int(record.calls.size()) - 1; i >= 0; i--) {
    const RecordedCall& r = record.calls[size_t(i)];
    bool needed = bool(r.generator), writes = false;
    for (int k = 0; k < r.call.n_args; k++) {
      if (!r.call.args[k].written) continue;
      writes = true;
      needed = needed || (r.operands[k].buffer >= 0 && live[size_t(r.operands[k].buffer)]);
    }
    if (writes && !needed) continue;
    kept.push_back(i);
    for (int k = 0; k < r.call.n_args; k++)
      if (r.operands[k].buffer >= 0) live[size_t(r.operands[k].buffer)] = true;
  }
  std::reverse(kept.begin(), kept.end());
  dropped_ = int(record.calls.size() - kept.size());
  lay_out(record, slot_of, kept);
  group();
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
      o.outside = storage;
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
  std::vector<int> lifetime_of(record.buffers.size(), -1);
  std::vector<Lifetime> lifetimes;
  for (int i = 0; i < int(kept.size()); i++) {
    const RecordedCall& r = record.calls[size_t(kept[size_t(i)])];
    for (int k = 0; k < r.call.n_args; k++) {
      const int b = r.operands[k].buffer;
      if (b < 0 || !is_temporary(b)) continue;
      int& l = lifetime_of[size_t(b)];
      if (l < 0) {
        l = int(lifetimes.size());
        lifetimes.push_back({i, i, record.buffers[size_t(b)].bytes});
      }
      lifetimes[size_t(l)].last = i;
    }
  }
  memory_.arena = place(lifetimes);
  arena_ = empty({memory_.arena}, DType::uint8);

  std::vector<bool> held(record.buffers.size());
  for (const int i : kept) {
    const RecordedCall& r = record.calls[size_t(i)];
    const int call = int(calls_.size());
    calls_.push_back({r.call, r.where});
    cost_ += r.call.cost;
    if (r.generator) generators_.push_back(r.generator);
    for (int k = 0; k < r.call.n_args; k++) {
      const auto [b, offset] = r.operands[k];
      Arg& arg = calls_.back().call.args[k];
      arg.storage = nullptr;
      if (b < 0) {
        if (arg.data) arg.data = arena_.data();  // no elements, but present
        continue;
      }
      const Buffer& buffer = record.buffers[size_t(b)];
      if (buffer.role == Role::input) {
        inputs_[size_t(buffer.input)].places.push_back({call, k, offset});
      } else if (slot_of[size_t(b)] >= 0) {
        slots_[size_t(slot_of[size_t(b)])].places.push_back({call, k, offset});
      } else if (is_temporary(b)) {
        arg.data = arena_.ptr<std::byte>() + lifetimes[size_t(lifetime_of[size_t(b)])].offset + offset;
      } else if (!held[size_t(b)]) {
        held[size_t(b)] = true;
        const bool is_gradient = std::any_of(leaves_.begin(), leaves_.end(), [&](const Leaf& l) {
          return l.keeps && l.at_entry == buffer.storage;
        });
        memory_.outside += buffer.bytes;
        if (!is_gradient) held_.emplace_back(buffer.storage);
        if (!is_gradient && buffer.written) changed_.push_back(buffer.storage);
      }
    }
  }
}

namespace {

bool apart(const Arg& a, const Arg& b) {
  const auto *x = static_cast<std::byte*>(a.data), *y = static_cast<std::byte*>(b.data);
  return !x || !y || x + a.bytes <= y || y + b.bytes <= x;
}

// Whether the calls may run in any order, also at once.
bool independent(const Call& a, const Call& b) {
  for (int i = 0; i < a.n_args; i++)
    for (int k = 0; k < b.n_args; k++)
      if ((a.args[i].written || b.args[k].written) && !apart(a.args[i], b.args[k])) return false;
  return true;
}

}  // namespace

// Neighbours that work element by element run as one where none needs another; an argument of the step may
// lie anywhere.
void Plan::group() {
  std::vector<bool> takes_input(calls_.size());
  for (const Input& input : inputs_)
    for (const Place& p : input.places) takes_input[size_t(p.call)] = true;
  for (PlannedCall& p : calls_) {
    const int i = int(order_.size());
    const auto joins = [&](const Group& g) {
      if (g.count == max_together || !cpu_backend.sliced[size_t(p.call.kernel)] || takes_input[size_t(i)] ||
          !cpu_backend.sliced[size_t(order_.back()->kernel)] || takes_input[size_t(i) - 1])
        return false;
      return std::all_of(order_.end() - g.count, order_.end(),
                         [&](const Call* other) { return independent(*other, p.call); });
    };
    if (groups_.empty() || !joins(groups_.back())) groups_.push_back({i, 0, 0});
    groups_.back().count++;
    groups_.back().cost += p.call.cost;
    p.group = int(groups_.size()) - 1;
    order_.push_back(&p.call);
  }
}

}  // namespace nncore::plan
