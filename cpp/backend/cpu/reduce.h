// Sums in the library's fixed order, for kernels that need one inside.
#pragma once
#include <cstdint>

namespace nncore::cpu {

// A sum down a column of at most so many rows is one chain. A taller one is a chain for each 64 rows, whose
// results are added in order, in double: the error does not grow with the rows.
inline constexpr int64_t column_chunk = 256;
inline int64_t chain_rows(int64_t rows) { return rows <= column_chunk ? rows : 64; }

template <class T>
T row_sum(int64_t n, const T* x);

}  // namespace nncore::cpu
