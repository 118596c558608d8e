// The dtype of new values for which none is given: float32 or float64.
#pragma once
#include <atomic>

#include "dtype.h"

namespace nncore {

inline std::atomic<DType> default_dtype = DType::float32;

// The dtype in which a function of real numbers computes for values of t.
inline DType real_type(DType t) { return is_floating(t) ? t : default_dtype.load(); }

}  // namespace nncore
