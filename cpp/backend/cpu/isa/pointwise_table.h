#pragma once
#include <cstdint>

namespace nncore {

// Losses per element, indexed by the position in LossOps (backend/formulas_loss.h). b, c and w are null if
// the formula or the call does not use them.
template <class T>
struct PointwiseKernels {
  // y = w l(a, b, c)
  using Fwd = void (*)(int64_t n, const T* a, const T* b, const T* c, const T* w, const T* scalars, T* y);
  // dx = scale w dy (dl / d operand); dy is 1 if null
  using Bwd = void (*)(int64_t n, const T* a, const T* b, const T* c, const T* w, const T* dy, T scale,
                       const T* scalars, T* dx);
  const Fwd* fwd;
  const Bwd (*bwd)[3];  // by operand; null if there is no derivative
};

}  // namespace nncore
