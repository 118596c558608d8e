// The device table: one function for each kernel; and the door through which every call passes.
#pragma once
#include "attrs.h"
#include "call.h"

namespace nncore {

using Run = void (*)(const Call&);

struct Backend {
  Run run[size_t(Kernel::count)];
};

extern const Backend cpu_backend;

// Calls estimated longer than this leave the interpreter lock to others while they run.
inline constexpr int64_t long_call_ns = 100'000;

// Set by the language binding: what to do around a long call.
struct Interpreter {
  void* (*leave)() = nullptr;
  void (*enter)(void*) = nullptr;
};
extern Interpreter interpreter;

void submit(const Call& call);

// The host is about to look at values: `what` says for whom. A captured step cannot do that.
void host_reads(const char* what);

}  // namespace nncore
