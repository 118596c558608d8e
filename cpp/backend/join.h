// How a reduction joins two elements or partial results, the same on every backend.
#pragma once
#include "kernels/reduce.h"
#include "wrap.h"

namespace nncore {

// Integers wrap around. NaN is both the largest and the smallest number.
template <class T>
T join(Reduction op, T a, T b) {
  switch (op) {
    case Reduction::sum:
      return wrap_add(a, b);
    case Reduction::prod:
      return wrap_multiply(a, b);
    case Reduction::max:
      return b > a || b != b ? b : a;
    default:
      return b < a || b != b ? b : a;
  }
}

}  // namespace nncore
