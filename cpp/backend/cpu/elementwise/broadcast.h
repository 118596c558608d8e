// Splits the rows of a BroadcastLoop over threads.
#pragma once
#include "../../../core/parallel.h"
#include "../../kernels/broadcast.h"

namespace nncore::cpu {

// row(at, n, from) computes the output elements [at, at + n) from operands at from[0..2] with the
// innermost strides.
template <class Row>
void for_broadcast_rows(const BroadcastLoop& loop, int64_t total, int64_t cost, Row row) {
  if (total == 0) return;
  const int last = loop.ndim - 1;
  const int64_t width = loop.size[last], rows = total / width;
  if (rows == 1) {  // the common case: split the row itself
    parallel_for(width, cost, [&](int64_t begin, int64_t end) {
      const int64_t from[3] = {begin * loop.stride[0][last], begin * loop.stride[1][last],
                               begin * loop.stride[2][last]};
      row(begin, end - begin, from);
    });
    return;
  }
  parallel_for(rows, cost, [&](int64_t begin, int64_t end) {
    int64_t index[max_axes], from[3] = {}, rest = begin;
    for (int d = last - 1; d >= 0; d--) {
      index[d] = rest % loop.size[d];
      rest /= loop.size[d];
      for (int k = 0; k < 3; k++) from[k] += index[d] * loop.stride[k][d];
    }
    for (int64_t r = begin; r < end; r++) {
      row(r * width, width, from);
      for (int d = last - 1; d >= 0; d--) {
        for (int k = 0; k < 3; k++) from[k] += loop.stride[k][d];
        if (++index[d] < loop.size[d]) break;
        for (int k = 0; k < 3; k++) from[k] -= loop.size[d] * loop.stride[k][d];
        index[d] = 0;
      }
    }
  });
}

}  // namespace nncore::cpu
