// A record of one run of a step: its calls in order, and their buffers.
#pragma once
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "../backend/backend.h"
#include "../core/random.h"

namespace nncore::plan {

enum class Role : uint8_t {
  input,    // an argument of the step, with different memory in every replay
  outside,  // existed before the step: parameters, state, constants
  made,     // made by the step
};

struct Buffer {
  Role role;
  int input = -1;              // the index of the argument
  Storage* storage = nullptr;  // the identity of the buffer; not owned
  int64_t bytes = 0;
  int first = -1, last = -1;  // the first and the last call that uses it
  bool alive = true;          // at the end of the step
  bool written = false;       // by a call, before any call reads it
};

struct Location {
  int buffer = -1;  // -1 for an absent operand or one without elements
  int64_t offset = 0;
};

struct RecordedCall {
  Call call;
  Backend* backend;
  std::vector<Location> locations;  // of the call's operands
  Ref<Generator> generator;
  std::string where;  // in the user's program
};

// A leaf whose grad the step uses, and the expected state of that grad.
struct LeafGrad {
  TensorImpl* leaf = nullptr;   // owned by Capture, then by the caller of hand_over_leaves
  bool cleared = false;         // the step sets it before it uses it; the members below are then unused
  Storage* at_entry = nullptr;  // the storage of the grad before the step; null: none
  void* data = nullptr;         // the address of its values
  bool owned = false;           // made by backward, which may add to it in place
  bool requires_grad = true;
  int hooks = 0;  // counts the changes of its hooks

  bool as_before() const;  // true if the leaf is in the state in which this run found it
};

struct Record {
  std::vector<RecordedCall> calls;
  std::vector<Buffer> buffers;
  std::vector<LeafGrad> leaves;
  int64_t peak_bytes = 0;  // the largest memory of the step's values during this run
  bool has_backward = false;

  std::string made_at(int buffer) const { return calls[size_t(buffers[size_t(buffer)].first)].where; }
};

// The difference between two runs of one step; empty if a replay of the second repeats both.
std::string difference(const Record& a, const Record& b);

// A reference of a captured step to memory. These are counted, because they are not tensors.
class Kept {
 public:
  Kept() = default;
  explicit Kept(Ref<Storage> storage);
  Kept(Kept&& other) noexcept = default;
  Kept& operator=(Kept other) noexcept {
    std::swap(storage_, other.storage_);
    return *this;
  }
  ~Kept();

  const Ref<Storage>& storage() const { return storage_; }
  static int64_t count(const Storage* storage);  // in all steps

 private:
  Ref<Storage> storage_;
};

// Watches one run. It keeps the memory that the step makes until the end, so that no address is used twice.
// Its record can be compared afterwards.
class Capture final : public CallRecorder {
 public:
  // strict: operations that a replay cannot repeat raise. Otherwise the run continues and refusal()
  // returns the reason.
  Capture(const std::vector<Tensor>& inputs, bool strict);
  ~Capture();
  Capture(const Capture&) = delete;
  Capture& operator=(const Capture&) = delete;

  const std::vector<Tensor>& inputs() const { return inputs_; }  // the arguments of the step
  const Record& record() const { return record_; }
  const std::string& refusal() const { return refusal_; }
  int buffer_of(const Storage* storage) const;  // -1 if no call has used it
  // Whether more than one tensor, of the user or saved for backward, lies in this memory.
  bool is_shared(const Storage* storage) const;
  std::vector<int> kept() const;  // buffers made by the step that are still in use
  std::vector<Ref<TensorImpl>> hand_over_leaves() { return std::exchange(leaves_, {}); }
  void finish();  // releases the arguments and the values of the step

  void record(const Call& call, Backend& backend) override;
  void storage_made(Storage& storage) override;
  void storage_died(Storage* storage) noexcept override;
  void backward_begins() override { record_.has_backward = true; }
  void gradient_used(TensorImpl& leaf) override;
  void gradient_set(TensorImpl& leaf) override;
  void host_reads(const char* what) override;
  void host_writes(const char* what) override;
  void refuse(const std::string& why);

 private:
  void touch(TensorImpl& leaf, bool cleared);
  int add(Buffer buffer);

  Record record_;
  std::vector<Tensor> inputs_;
  std::vector<Kept> sources_;  // the memory of the arguments
  std::unordered_map<const Storage*, int> ids_;
  std::unordered_map<const TensorImpl*, size_t> leaf_ids_;
  std::vector<Storage*> graveyard_;
  std::vector<Ref<TensorImpl>> leaves_;
  std::vector<Kept> outside_;  // kept alive, so that no address is used twice
  int64_t bytes_now_ = 0;
  bool finished_ = false, strict_;
  std::string refusal_;
};

}  // namespace nncore::plan
