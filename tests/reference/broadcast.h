#pragma once
#include "backend/kernels/broadcast.h"

namespace nncore::reference {

// Calls f(i, at) for each element i of the result; at[j] is the element of operand j.
template <class F>
void for_each(const BroadcastLoop& loop, int64_t n, F f) {
  for (int64_t i = 0; i < n; i++) {
    int64_t at[3] = {}, rest = i;
    for (int d = loop.ndim - 1; d >= 0; d--) {
      for (int j = 0; j < 3; j++) at[j] += rest % loop.size[d] * loop.stride[j][d];
      rest /= loop.size[d];
    }
    f(i, at);
  }
}

}  // namespace nncore::reference
