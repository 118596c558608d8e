// Sums in the library's fixed order, for use in other kernels.
#pragma once
#include <cstdint>

namespace nncore::cpu {

// The sum of a column of at most column_chunk rows is one chain. A longer sum has one chain per 64 rows,
// whose results are added in order, in double: the error does not grow with the number of rows.
inline constexpr int64_t column_chunk = 256;
inline int64_t chain_rows(int64_t rows) { return rows <= column_chunk ? rows : 64; }

template <class T>
T row_sum(int64_t n, const T* x);

}  // namespace nncore::cpu
