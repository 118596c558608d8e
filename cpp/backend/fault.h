// An element of an operand that a kernel cannot process, such as a label out of range. A fault is plain data:
// a device without exceptions keeps it in its memory and raises the error when it next synchronizes. If a call
// has several faults, the one at the lowest position counts.
#pragma once
#include <cstdint>

namespace nncore {

// Each kernel sets the members that its fail() reads.
struct Fault {
  int64_t position;
  int kind = 0;
  int64_t value = 0, detail = 0;
  double least = 0, most = 0;
};

}  // namespace nncore
