// A device with kernels, and the door through which every call passes.
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
  void run(Kernel kernel, const void* k) const { run_[size_t(kernel)](k); }  // which it must have

  // Joins neighbouring calls of a captured step into groups; may reorder calls. By default each call is a
  // group of its own.
  virtual std::vector<Group> group(std::vector<Candidate>& calls) const;
  // Makes a captured step ready to run. By default its calls run one after another.
  virtual std::unique_ptr<Program> prepare(std::vector<const Call*> calls, std::vector<Group> groups) const;

  // For tests: another function for a kernel (null: none); returns the one before.
  Run replace(Kernel kernel, Run run) { return std::exchange(run_[size_t(kernel)], run); }

 protected:
  Backend(const char* name, bool is_host) : Device(name, is_host) {}
  ~Backend() = default;

 private:
  Run run_[size_t(Kernel::count)] = {};
};

// Every device is a backend.
inline Backend& backend_of(Device& device) { return static_cast<Backend&>(device); }
inline Backend& backend_of(const Tensor& t) { return backend_of(t.device()); }

// The backend of this name; ValueError lists those that there are.
Backend& backend(const std::string& name);
std::vector<std::string> backend_names();
// Loads a shared library that exports nncore_backend(); see plugin.h.
Backend& load_backend(const std::string& path);

// Whether x's backend has kernels of these types. If not, an op uses its composition from simpler ops.
template <KernelStruct... K>
bool runs(const Tensor& x) {
  const Backend& b = backend_of(x);
  return (b.runs(K::kernel) && ...);
}

// Calls estimated to take longer release the interpreter lock while they run.
inline constexpr int64_t long_call_ns = 100'000;

// Set by the language binding: what to do around a long call, and where in the user's program a call is made.
struct Interpreter {
  void* (*leave)() = nullptr;
  void (*enter)(void*) = nullptr;
  std::string (*where)() = nullptr;
};
extern Interpreter interpreter;

// Leaves the interpreter to others while it lives.
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

// Runs a kernel on the backend of its operands, and records the call where a step is captured. Raises
// TypeError for operands of float32 and float64 at once, ValueError for operands on several devices, and
// NotImplementedError where the backend lacks the kernel.
template <KernelStruct K>
void submit(K k, Generator* generator = nullptr) {
  submit(kernel_type<K>, &k, generator);
}

}  // namespace nncore
