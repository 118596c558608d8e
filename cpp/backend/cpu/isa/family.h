// A family of kernels of one level: its table for each dtype.
#pragma once
#include "../../order.h"

namespace nncore {

template <template <class> class Kernels>
struct Family {
  Kernels<float> f32;
  Kernels<double> f64;
};

}  // namespace nncore
