// Sums in the library's fixed order, for kernels that need one inside.
#pragma once
#include <cstdint>

namespace nncore::cpu {

// A sum down a column is one chain for each so many rows; the chains' results are added in order.
inline constexpr int64_t column_chunk = 256;

template <class T>
T row_sum(int64_t n, const T* x);

}  // namespace nncore::cpu
