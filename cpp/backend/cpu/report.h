// Kernels report an element that they cannot process.
#pragma once
#include "../fault.h"

namespace nncore::cpu {

// Raises the error at once; parallel_for passes the exception to the caller. K: a kernel's struct, or a part
// of it that has fail().
template <class K>
[[noreturn]] void report(const K& k, const Fault& fault) {
  k.fail(fault);
}

}  // namespace nncore::cpu
