// Runs the formulas of elementwise ops on vectors of one lane.
#pragma once
#include <cstdint>

#include "backend/order.h"

// CUDA declares these two functions. Formulas must not call them, so masks are classes.
bool any(bool) = delete;
bool all(bool) = delete;

namespace nncore {
#include "backend/elementwise_list.h"
}

namespace nncore::reference {
namespace {

#include "backend/cpu/isa/reg_scalar.h"
//
#include "backend/cpu/isa/vec.h"

// Calls f(op) with the op that has this index in the list.
template <class... Ops, class F>
void with_op(OpList<Ops...>, int index, F f) {
  int i = 0;
  ((i++ == index ? f(Ops()) : void()), ...);
}

}  // namespace
}  // namespace nncore::reference
