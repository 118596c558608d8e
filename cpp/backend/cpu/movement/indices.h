// Reads indices in kernels. Indices may be in the memory of a NumPy array, which other threads can write at
// any time, even while a kernel runs or between forward and backward. A kernel reads an index once, checks
// the value and uses only that value. Code that needs an index twice keeps a copy.
#pragma once
#include "../../kernel.h"

namespace nncore::cpu {

template <class I>
int64_t read_once(const I* at) {
  return int64_t(*static_cast<const volatile I*>(at));
}

// Element i of an index operand.
inline int64_t index_at(const In& index, int64_t i) {
  return visit_index(index.dtype, [&](auto zero) { return read_once(index.as<decltype(zero)>() + i); });
}

}  // namespace nncore::cpu
