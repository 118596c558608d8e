// A captured step, prepared by a backend.
#pragma once
#include <cstdint>
#include <functional>

#include "call.h"

namespace nncore {

// A call of a captured step before its memory is laid out.
struct Candidate {
  const Call* call;
  int index;            // in the recorded step
  bool reads_argument;  // reads an argument of the step, which may be anywhere in memory
  bool writes_outside;  // writes memory from outside the step
};

// Consecutive calls that run as one.
struct Group {
  int first, count;
  int64_t cost;
  int64_t elements = 0;     // of each call, if the group runs piece by piece; else 0
  int64_t local_bytes = 0;  // the memory of buffers that are used within a piece only
};

class Program {
 public:
  // Called before a group runs; false stops the run.
  using Before = std::function<bool(int group)>;

  struct Time {
    int64_t ns;  // the fastest measured run; 0 if not measured
    bool alone;  // runs on one thread, which was not slower
  };

  virtual ~Program() = default;
  virtual void run(const Before& before) = 0;
  virtual Time time(int group) const = 0;
};

}  // namespace nncore
