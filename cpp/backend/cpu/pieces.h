#pragma once
#include "../call.h"

namespace nncore::cpu {

void piecewise(const Call* const* calls, int count, int64_t local_bytes);

}  // namespace nncore::cpu
