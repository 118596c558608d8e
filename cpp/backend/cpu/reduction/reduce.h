// Sums of rows, for use in other kernels.
#pragma once
#include "../../order.h"

namespace nncore::cpu {

template <class T>
T row_sum(int64_t n, const T* x);

}  // namespace nncore::cpu
