// Everything a level compiles, once its registers are defined; included inside the level's anonymous
// namespace.
#include "vec.h"
//
#include "elementwise.inl"
#include "gemm.inl"
#include "reduce.inl"
//
#include "loss.inl"
#include "optim.inl"
//
#include "limits.inl"

template <class T>
constexpr nncore::LevelKernels<T> level_kernels() {
  return {gemm_kernels<T>(), elementwise_kernels<T>(), reduce_kernels<T>(),
          loss_kernels<T>(), optim_kernels<T>(),       limits_kernels<T>()};
}
