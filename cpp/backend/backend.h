// Backends, which are devices with kernels, and submit(), which makes every call.
#pragma once
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "../core/device.h"
#include "../core/watch.h"
#include "call.h"
#include "program.h"

namespace nncore {

class Backend : public Device {
 public:
  using Run = void (*)(const void* k);  // k: the kernel's struct

  bool runs(Kernel kernel) const { return run_[size_t(kernel)] != nullptr; }
  void run(Kernel kernel, const void* k) const { run_[size_t(kernel)](k); }  // runs(kernel) must be true

  // Forms groups of consecutive calls of a captured step; may reorder the calls. By default each
  // call is a group.
  inline virtual std::vector<Group> group(std::vector<Candidate>& calls) const;
  // Prepares a captured step for replays. By default its calls run one after another.
  inline virtual std::unique_ptr<Program> prepare(std::vector<const Call*> calls,
                                                  std::vector<Group> groups) const;

  // Sets the function of a kernel (null: none); returns the previous one.
  Run replace(Kernel kernel, Run run) { return std::exchange(run_[size_t(kernel)], run); }

 protected:
  Backend(const char* name, bool is_host) : Device(name, is_host) {}
  ~Backend() = default;

 private:
  Run run_[size_t(Kernel::count)] = {};
};

// Runs calls one after another.
class Sequence final : public Program {
 public:
  Sequence(const Backend& backend, std::vector<const Call*> calls)
      : backend_(backend), calls_(std::move(calls)) {}

  void run(const Before& before) override {
    for (size_t i = 0; i < calls_.size(); i++) {
      if (before && !before(int(i))) return;
      backend_.run(calls_[i]->kernel(), calls_[i]->memory);
    }
  }
  Time time(int) const override { return {0, false}; }

 private:
  const Backend& backend_;
  std::vector<const Call*> calls_;
};

// Defined here, so that a backend in a library of its own needs no symbol of this one.
std::vector<Group> Backend::group(std::vector<Candidate>& calls) const {
  std::vector<Group> groups;
  for (const Candidate& c : calls) groups.push_back({int(groups.size()), 1, c.call->cost});
  return groups;
}
std::unique_ptr<Program> Backend::prepare(std::vector<const Call*> calls, std::vector<Group>) const {
  return std::make_unique<Sequence>(*this, std::move(calls));
}

// Every device is a backend.
inline Backend& backend_of(Device& device) { return static_cast<Backend&>(device); }
inline Backend& backend_of(const Tensor& t) { return backend_of(t.device()); }

// The backend with this name. Raises a ValueError that lists the names.
Backend& backend(const std::string& name);
std::vector<std::string> backend_names();
// Loads a shared library that exports nncore_backend(); see plugin.h.
Backend& load_backend(const std::string& path);

// True if x's backend has these kernels. If not, an op uses its composition from simpler ops.
template <KernelStruct... K>
bool runs(const Tensor& x) {
  const Backend& b = backend_of(x);
  return (b.runs(K::kernel) && ...);
}

// Calls with a higher estimated cost release the interpreter lock while they run.
inline constexpr int64_t long_call_ns = 100'000;

// Functions set by the language binding: before and after a long call, and for the current line of the
// user's program.
struct Interpreter {
  void* (*leave)() = nullptr;
  void (*enter)(void*) = nullptr;
  std::string (*where)() = nullptr;
};
extern Interpreter interpreter;

// Releases the interpreter to other threads while this object lives.
class OutsideInterpreter {
 public:
  explicit OutsideInterpreter(bool wanted)
      : state_(wanted && interpreter.leave ? interpreter.leave() : nullptr) {}
  ~OutsideInterpreter() {
    if (state_) interpreter.enter(state_);
  }
  OutsideInterpreter(const OutsideInterpreter&) = delete;
  OutsideInterpreter& operator=(const OutsideInterpreter&) = delete;

 private:
  void* state_;
};

// Records the calls of a captured step.
class CallRecorder : public Watcher {
 public:
  virtual void record(const Call& call, Backend& backend) = 0;
};

void submit(const KernelType& type, void* k, Generator* generator);

// Runs a kernel on the backend of its operands, and records the call if a step is being captured. Raises
// TypeError for mixed float32 and float64 operands, ValueError for operands on several devices, and
// NotImplementedError if the backend does not have the kernel.
template <KernelStruct K>
void submit(K k, Generator* generator = nullptr) {
  submit(kernel_type<K>, &k, generator);
}

}  // namespace nncore
