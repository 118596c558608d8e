// The interface of a device: one function for each kernel, and the door through which every call passes.
#pragma once
#include <string>

#include "../core/watch.h"
#include "call.h"

namespace nncore {

using Run = void (*)(const void* k);  // k: the kernel's struct

struct Backend {
  Run run[size_t(Kernel::count)];
  bool sliced[size_t(Kernel::count)];  // may be run together with others
  // Runs up to max_together calls of sliced kernels as one. None of them touches what another writes.
  void (*together)(const Call* const* calls, int count);
  // Runs calls of equally many elements (pieces.h) piece by piece: all calls run on a piece before the next
  // piece begins. local_bytes: memory of a piece.
  void (*piecewise)(const Call* const* calls, int count, int64_t local_bytes);
};
inline constexpr int max_together = 128;

extern const Backend cpu_backend;

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
  virtual void record(const Call& call) = 0;
};

void submit(const KernelType& type, void* k, Generator* generator);

// Runs a kernel, and records the call where a step is captured.
template <KernelStruct K>
void submit(K k, Generator* generator = nullptr) {
  submit(kernel_type<K>, &k, generator);
}

}  // namespace nncore
