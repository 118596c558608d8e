#include "dtype.h"

#include <algorithm>

namespace nncore {

namespace {
// bool < uint8 < int32 < int64 < float32 < float64
constexpr int rank_of[dtype_count] = {4, 5, 3, 2, 1, 0};
}  // namespace

DType promote(DType a, DType b) { return rank_of[int(a)] >= rank_of[int(b)] ? a : b; }

}  // namespace nncore
