// Sums in the library's fixed order, for kernels that need one inside.
#pragma once
#include <cstdint>

namespace nncore::cpu {

template <class T>
T row_sum(int64_t n, const T* x);

// y[j] = sum over rows of x (rows, cols), or only the columns [begin, end) of it.
template <class T>
void column_sums(int64_t rows, int64_t cols, int64_t begin, int64_t end, const T* x, T* y);

}  // namespace nncore::cpu
