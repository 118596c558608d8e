// Calls in words and numbers, for people who look at a plan.
#pragma once
#include <string>

#include "call.h"

namespace nncore {

struct CallInfo {
  const char* name;
  std::string detail;  // sizes, and which of its formulas an elementwise kernel runs
  double flops;        // of products; 0 elsewhere
};

CallInfo describe(const Call& call);

}  // namespace nncore
