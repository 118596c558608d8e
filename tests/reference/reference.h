// The backend "reference" for tests: memory that the host cannot read, and the fewest kernels that a backend
// needs, each a plain loop. Other calls run as compositions of these.
#pragma once
#include <type_traits>

#include "backend/backend.h"

namespace nncore::reference {

// A tensor holds an address that must not be read or written: access from the host raises SIGSEGV. The bytes
// are at another address, which host_address() returns. Fresh memory is filled with 0xff bytes, which are
// NaN.
void* allocate(size_t bytes);
void release(void* block, size_t bytes) noexcept;
void* host_address(const void* address);

template <class T>
const T* values(const In& operand) {
  return operand ? static_cast<const T*>(host_address(operand.data)) : nullptr;
}
template <class T>
T* values(const Out& operand) {
  return operand ? static_cast<T*>(host_address(operand.data)) : nullptr;
}

// Long sums and products are computed with more digits than their operands have.
template <class T>
using Wide = std::conditional_t<std::is_same_v<T, float>, double,
                                std::conditional_t<std::is_same_v<T, double>, long double, T>>;

}  // namespace nncore::reference
