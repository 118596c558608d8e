#pragma once
#include <cstdint>

namespace nncore {

// Sums of a term of each element, and their backward dx = c * term'(x); indexed by Fold. m, rest and c belong
// to a result: one value for a row, a vector for columns.
template <class T>
struct FoldKernels {
  using Chunk = T (*)(int64_t n, const T* x, T m, T power);
  // y[j] = sum over i, in rising order, of the term of x[i * ld + j]
  using Columns = void (*)(int64_t rows, int64_t cols, int64_t ld, const T* x, const T* m, T power, T* y);
  using Row = void (*)(int64_t n, const T* x, const T* m, const T* rest, const T* c, T power, T* dx);

  Chunk chunk[5];
  Columns columns[5];
  Row row_bwd[5];     // one m, rest and c for all elements
  Row column_bwd[5];  // one per element
};

}  // namespace nncore
