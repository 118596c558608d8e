// The CPU's kernels, one for each entry of the device table.
#pragma once
#include "../attrs.h"
#include "../call.h"

namespace nncore::cpu {

#define NNCORE_KERNEL(name) void name(const Call&);
#define NNCORE_SLICED(name)          \
  int64_t name##_begin(const Call&); \
  void name##_slice(const Call&, int64_t begin, int64_t end);
#include "../kernel_list.inl"
#undef NNCORE_KERNEL

void piecewise(const Call* const* calls, int count, int64_t local_bytes);

}  // namespace nncore::cpu
