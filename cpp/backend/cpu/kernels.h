// The CPU's kernels, one for each entry of the device table.
#pragma once
#include "../attrs.h"
#include "../call.h"

namespace nncore::cpu {

#define NNCORE_KERNEL(name) void name(const Call&);
#include "../kernel_list.inl"
#undef NNCORE_KERNEL

}  // namespace nncore::cpu
