#include "record.h"

#include <algorithm>
#include <mutex>
#include <unordered_set>

#include "../autograd/tape.h"
#include "../core/error.h"

namespace nncore::plan {

namespace {

// An argument with a storage of its own, so that arguments that share memory are distinguished.
Tensor separate(const Tensor& t) {
  const auto drop = [](void* owner) { delete static_cast<Tensor*>(owner); };
  Ref<Storage> storage(
      new Storage(t.data(), t.bytes(), t.device(), drop, new Tensor(t), t.impl()->storage->read_only()));
  Tensor own(std::move(storage), 0, t.shape(), t.dtype());
  own.impl()->is_part = t.impl()->is_part;
  return own;
}

int hook_changes(const TensorImpl& leaf) {
  return leaf.hooks ? static_cast<const GradientHooks&>(*leaf.hooks).changes : 0;
}

}  // namespace

bool LeafGrad::as_before() const {
  if (leaf->requires_grad != requires_grad || hook_changes(*leaf) != hooks) return false;
  if (cleared) return true;
  const TensorImpl* now = leaf->grad.get();
  if (!now || !at_entry) return !now && !at_entry;
  return now->storage.get() == at_entry && at_entry->data() + now->byte_offset == data &&
         now->is_gradient == owned;
}

namespace {

std::mutex kept_mutex;
std::unordered_map<const Storage*, int64_t> kept_counts;

}  // namespace

Kept::Kept(Ref<Storage> storage) : storage_(std::move(storage)) {
  const std::lock_guard lock(kept_mutex);
  kept_counts[storage_.get()]++;
}

Kept::~Kept() {
  if (!storage_) return;
  const std::lock_guard lock(kept_mutex);
  const auto entry = kept_counts.find(storage_.get());
  if (--entry->second == 0) kept_counts.erase(entry);
}

int64_t Kept::count(const Storage* storage) {
  const std::lock_guard lock(kept_mutex);
  const auto entry = kept_counts.find(storage);
  return entry == kept_counts.end() ? 0 : entry->second;
}

Capture::Capture(const std::vector<Tensor>& inputs, bool strict) : strict_(strict) {
  for (const Tensor& t : inputs) {
    inputs_.push_back(separate(t));
    sources_.emplace_back(t.impl()->storage);
    add({Role::input, int(inputs_.size()) - 1, inputs_.back().impl()->storage.get(), int64_t(t.bytes())});
  }
}

Capture::~Capture() { finish(); }

void Capture::finish() {
  if (finished_) return;
  finished_ = true;
  for (const Buffer& b : record_.buffers)
    if (b.alive && b.role == Role::made) b.storage->watch(nullptr);
  for (Storage* s : graveyard_) delete s;
  graveyard_.clear();
  inputs_.clear();
  sources_.clear();
  // A gradient that was there before is not held: plans write its memory again if nobody else holds it.
  std::unordered_set<const Storage*> gradients;
  for (const LeafGrad& l : record_.leaves) gradients.insert(l.at_entry);
  std::erase_if(outside_, [&](const Kept& k) { return gradients.contains(k.storage().get()); });
}

int Capture::add(Buffer buffer) {
  const int id = int(record_.buffers.size());
  ids_[buffer.storage] = id;
  record_.buffers.push_back(buffer);
  return id;
}

int Capture::buffer_of(const Storage* storage) const {
  const auto found = ids_.find(storage);
  return found == ids_.end() ? -1 : found->second;
}

bool Capture::is_shared(const Storage* storage) const {
  const int id = buffer_of(storage);
  const bool is_input = id >= 0 && record_.buffers[size_t(id)].role == Role::input;
  const auto tensors = [](const Storage* s) { return s->use_count() - Kept::count(s); };
  if (tensors(storage) > 1) return true;
  return is_input && tensors(sources_[size_t(record_.buffers[size_t(id)].input)].storage().get()) > 1;
}

void Capture::storage_made(Storage& storage) {
  storage.watch(this);
  add({Role::made, -1, &storage, int64_t(storage.bytes())});
  bytes_now_ += int64_t(storage.bytes());
  record_.peak_bytes = std::max(record_.peak_bytes, bytes_now_);
}

void Capture::storage_died(Storage* storage) noexcept {
  Buffer& b = record_.buffers[size_t(buffer_of(storage))];
  b.alive = false;
  bytes_now_ -= b.bytes;
  graveyard_.push_back(storage);
}

void Capture::record(const Call& call, Backend& backend) {
  const int index = int(record_.calls.size());
  RecordedCall recorded = {call, &backend, {}, Ref<Generator>(call.generator), interpreter.where()};
  for (const Operand& o : call.operands()) {
    Location& location = recorded.locations.emplace_back();
    if (!o || o.bytes == 0) continue;
    int id = buffer_of(o.storage);
    if (id < 0) {
      outside_.emplace_back(Ref<Storage>(o.storage));
      id = add({Role::outside, -1, o.storage, int64_t(o.storage->bytes())});
    }
    Buffer& b = record_.buffers[size_t(id)];
    if (b.first < 0) b.first = index;
    b.last = index;
    location = {id, static_cast<std::byte*>(o.data) - o.storage->data()};
    if (b.role == Role::made && !b.written && !o.written)
      refuse("compile: a call at " + recorded.where +
             " reads values that no call of the step has made; make them before the step");
  }
  for (size_t k = 0; k < recorded.locations.size(); k++)
    if (call.operands()[k].written && recorded.locations[k].buffer >= 0) {
      Buffer& b = record_.buffers[size_t(recorded.locations[k].buffer)];
      b.written = true;
      if (b.role == Role::input) sources_[size_t(b.input)].storage()->changed();
    }
  record_.calls.push_back(std::move(recorded));
}

void Capture::touch(TensorImpl& leaf, bool cleared) {
  const int id = buffer_of(leaf.storage.get());
  if (id >= 0 && record_.buffers[size_t(id)].role != Role::outside) return;  // does not outlive the step
  const auto [place, is_new] = leaf_ids_.try_emplace(&leaf, record_.leaves.size());
  if (!is_new) return;
  leaves_.emplace_back(&leaf);
  LeafGrad found = {&leaf, cleared};
  found.requires_grad = leaf.requires_grad;
  found.hooks = hook_changes(leaf);
  if (const TensorImpl* before = leaf.grad.get()) {
    found.at_entry = before->storage.get();
    found.data = found.at_entry->data() + before->byte_offset;
    found.owned = before->is_gradient;
  }
  record_.leaves.push_back(std::move(found));
}

void Capture::gradient_used(TensorImpl& leaf) { touch(leaf, false); }
void Capture::gradient_set(TensorImpl& leaf) { touch(leaf, true); }

void Capture::refuse(const std::string& why) {
  if (refusal_.empty()) refusal_ = why;  // kept in case the step catches the error
  if (strict_) throw CaptureError(why);
}

void Capture::host_reads(const char* what) {
  refuse(what + (": a value is read inside a compiled step, at " + interpreter.where()) +
         "; a replay would not see it change. Return the tensor and read it after the step; choose between "
         "values with nncore.where");
}

void Capture::host_writes(const char* what) {
  refuse(what + (": a tensor is made from Python data inside a compiled step, at " + interpreter.where()) +
         "; a replay would not see it change. Make it before the step, or pass it as an argument");
}

std::vector<int> Capture::kept() const {
  std::vector<int> ids;
  for (size_t i = 0; i < record_.buffers.size(); i++) {
    const Buffer& b = record_.buffers[i];
    if (b.role == Role::made && b.alive && b.first >= 0) ids.push_back(int(i));
  }
  return ids;
}

namespace {

// Matches the buffers of two records, call by call.
class Comparison {
 public:
  Comparison(const Record& a, const Record& b) : a_(a), b_(b), pair_(a.buffers.size(), -1) {}

  const char* call(size_t i) {
    const RecordedCall &x = a_.calls[i], &y = b_.calls[i];
    if (x.call.type != y.call.type) return "another operation is called";
    if (!x.call.type->equal(x.call.memory, y.call.memory)) return "a number, an index or a shape has changed";
    if (!(x.generator == y.generator)) return "another random generator is used";
    for (size_t k = 0; k < x.locations.size(); k++)
      if (const char* how = operand(x.locations[k], y.locations[k])) return how;
    return nullptr;
  }

 private:
  const char* operand(const Location& x, const Location& y) {
    if ((x.buffer < 0) != (y.buffer < 0) || x.offset != y.offset) return "an operand has changed";
    if (x.buffer < 0) return nullptr;
    int& partner = pair_[size_t(x.buffer)];
    const bool is_new = partner < 0;
    if (is_new) partner = y.buffer;
    if (partner != y.buffer) return "an operand has changed";
    if (!is_new) return nullptr;
    const Buffer &p = a_.buffers[size_t(x.buffer)], &q = b_.buffers[size_t(y.buffer)];
    if (p.role != q.role || p.input != q.input || p.bytes != q.bytes) return "an operand has changed";
    if (p.role != Role::outside || p.storage == q.storage) return nullptr;
    const auto is_gradient = [&](const LeafGrad& l) { return l.at_entry == q.storage; };
    return std::any_of(b_.leaves.begin(), b_.leaves.end(), is_gradient)
               ? "it uses the gradient of the previous step; call backward() before optimizer.step() in each "
                 "step"
               : "a tensor from before the step has been replaced by another";
  }

  const Record &a_, &b_;
  std::vector<int> pair_;
};

}  // namespace

std::string difference(const Record& a, const Record& b) {
  Comparison compare(a, b);
  const size_t both = std::min(a.calls.size(), b.calls.size());
  for (size_t i = 0; i < both; i++)
    if (const char* how = compare.call(i)) return b.calls[i].where + ": " + how;
  if (a.calls.size() == b.calls.size()) return "";
  return (a.calls.size() > both ? a : b).calls[both].where + ": called in one step but not in the next";
}

}  // namespace nncore::plan
