// The dtype of new values for which none is given: float32 or float64.
#pragma once
#include <atomic>

#include "dtype.h"

namespace nncore {

inline std::atomic<DType> default_dtype = DType::float32;

}  // namespace nncore
