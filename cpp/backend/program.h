// A captured step made ready to run by a backend.
#pragma once
#include <cstdint>
#include <functional>

#include "call.h"

namespace nncore {

// A call of a captured step before its memory is laid out.
struct Candidate {
  const Call* call;
  int index;            // in the recorded step
  bool reads_argument;  // of the step, which may lie anywhere in memory
  bool writes_outside;  // memory that is not the step's own
};

// Consecutive calls that run as one.
struct Group {
  int first, count;
  int64_t cost;
  int64_t elements = 0;     // of each call, if the group runs piece by piece; else 0
  int64_t local_bytes = 0;  // of buffers that live only within a piece
};

class Program {
 public:
  // Called before a group runs; returns whether to go on.
  using Before = std::function<bool(int group)>;

  struct Time {
    int64_t ns;  // of the fastest measured run; 0: not measured
    bool alone;  // on one thread, as that was no slower
  };

  virtual ~Program() = default;
  virtual void run(const Before& before) = 0;
  virtual Time time(int group) const = 0;
};

}  // namespace nncore
