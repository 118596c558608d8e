#include "dtype.h"

#include <algorithm>

namespace nncore {

namespace {

// bool < uint8 < int8 < int16 < uint16 < int32 < int64 < float16 < bfloat16 < float32 < float64
constexpr int rank_of[dtype_count] = {9, 10, 6, 5, 1, 0, 7, 8, 2, 3, 4};

int category(DType t) { return is_floating(t) ? 2 : t == DType::boolean ? 0 : 1; }

}  // namespace

void check_computes(const char* op, DType t) {
  check<TypeError>(!is_storage(t), op, ": ", t, " only stores values; convert it with .to(nncore.",
                   computing_type(t), ") first");
}

DType promote(DType a, DType b) { return rank_of[int(a)] >= rank_of[int(b)] ? a : b; }

DType promote(DType a, int a_ndim, DType b, int b_ndim) {
  if (a == b) return a;
  if (a_ndim > 0 && b_ndim == 0 && category(a) >= category(b)) return a;
  if (b_ndim > 0 && a_ndim == 0 && category(b) >= category(a)) return b;
  return promote(a, b);
}

}  // namespace nncore
