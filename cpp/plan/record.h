// One run of a step, written down: its calls in order, and what each of their buffers is.
#pragma once
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "../backend/backend.h"
#include "../core/random.h"

namespace nncore::plan {

enum class Role : uint8_t {
  input,    // an argument of the step: other memory in every replay
  outside,  // there before the step: parameters, state, constants
  made,     // made within the step
};

struct Buffer {
  Role role;
  int input = -1;              // which argument
  Storage* storage = nullptr;  // identity; memory only while somebody holds it
  int64_t bytes = 0;
  int first = -1, last = -1;  // calls that use it
  bool alive = true;          // at the end of the step
  bool written = false;       // by a call, before any call reads it
};

struct Location {
  int buffer = -1;  // of an absent operand, or one without elements: -1
  int64_t offset = 0;
};

struct RecordedCall {
  Call call;
  Backend* backend;
  std::vector<Location> locations;  // of the call's operands
  Ref<Generator> generator;
  std::string where;  // in the user's program
};

// A leaf whose grad the step uses, and what it expects to find there.
struct LeafGrad {
  TensorImpl* leaf = nullptr;   // kept by Capture, then by whoever takes its leaves over
  bool cleared = false;         // set by the step itself first: what was there does not matter
  Storage* at_entry = nullptr;  // else what was there; null: nothing
  void* data = nullptr;         // ... and where its values lay
  bool owned = false;           // ... made by backward, so that adding in place is allowed
  bool requires_grad = true;
  int hooks = 0;  // changes of the functions that see its gradient

  bool as_before() const;  // whether a replay finds what this run found
};

struct Record {
  std::vector<RecordedCall> calls;
  std::vector<Buffer> buffers;
  std::vector<LeafGrad> leaves;
  int64_t peak_bytes = 0;  // of what the step made, as it ran
  bool has_backward = false;

  std::string made_at(int buffer) const { return calls[size_t(buffers[size_t(buffer)].first)].where; }
};

// How two runs of one step differ: empty when a replay of the second stands for both.
std::string difference(const Record& a, const Record& b);

// Watches one run. Memory that the step makes is kept until the end, so that an address means one thing; its
// record outlasts it and can still be compared.
class Capture final : public CallRecorder {
 public:
  // strict: what a replay could not repeat raises; otherwise the run goes on, and refusal() says what it was.
  Capture(const std::vector<Tensor>& inputs, bool strict);
  ~Capture();
  Capture(const Capture&) = delete;
  Capture& operator=(const Capture&) = delete;

  const std::vector<Tensor>& inputs() const { return inputs_; }  // what the step is called with
  const Record& record() const { return record_; }
  const std::string& refusal() const { return refusal_; }
  int buffer_of(const Storage* storage) const;  // -1 where no call has used it
  std::vector<int> kept() const;                // buffers made in the step that somebody still holds
  std::vector<Ref<TensorImpl>> hand_over_leaves() { return std::exchange(leaves_, {}); }
  void finish();  // lets go of all that the step made and was given

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
  std::unordered_map<const Storage*, int> ids_;
  std::unordered_map<const TensorImpl*, size_t> leaf_ids_;
  std::vector<Storage*> graveyard_;
  std::vector<Ref<TensorImpl>> leaves_;
  std::vector<Ref<Storage>> outside_;  // held, so that an address goes on meaning one thing
  int64_t bytes_now_ = 0;
  bool finished_ = false, strict_;
  std::string refusal_;
};

}  // namespace nncore::plan
