// How kernels read indices. They may lie in the memory of a NumPy array, which others may write at any
// moment, also while a kernel runs and between forward and backward. So a kernel reads an index once, checks
// the value that it read, and uses that value only. Code that needs an index twice keeps a copy.
#pragma once
#include "../kernel.h"

namespace nncore::cpu {

template <class I>
int64_t read_once(const I* at) {
  return int64_t(*static_cast<const volatile I*>(at));
}

// Element i of an operand of indices.
inline int64_t index_at(const In& index, int64_t i) {
  return visit_index(index.dtype, [&](auto zero) { return read_once(index.as<decltype(zero)>() + i); });
}

}  // namespace nncore::cpu
