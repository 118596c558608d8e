// Sums in the library's fixed order, for kernels that need one inside.
#pragma once
#include <cstdint>

namespace nncore::cpu {

template <class T>
T row_sum(int64_t n, const T* x);

// y[0 .. end - begin) = sums of the columns [begin, end) of x (rows, cols).
template <class T>
void column_sums(int64_t rows, int64_t cols, int64_t begin, int64_t end, const T* x, T* y);

}  // namespace nncore::cpu
