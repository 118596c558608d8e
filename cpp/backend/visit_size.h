// Kernels that move elements without arithmetic need only the size of an element.
#pragma once
#include <cstddef>
#include <cstdint>

namespace nncore {

// Calls f(zero) with the unsigned type of this size.
template <class F>
void visit_size(size_t bytes, F f) {
  if (bytes == 8) return f(uint64_t());
  if (bytes == 4) return f(uint32_t());
  if (bytes == 2) return f(uint16_t());
  f(uint8_t());
}

}  // namespace nncore
