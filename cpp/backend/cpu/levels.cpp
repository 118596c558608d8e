// The levels of this build, each with its families of kernels. A new family is one line in each list.
#include "isa/level.h"

namespace nncore {

template <class... Families>
constexpr Level make_level(const char* name, const Families&... families) {
  return {name, {families.f32...}, {families.f64...}};
}

}  // namespace nncore

#define NNCORE_LEVEL(level)                                                                               \
  extern "C" {                                                                                            \
  extern const nncore::Family<nncore::ProductKernels> nncore_##level##_product;                           \
  extern const nncore::Family<nncore::ConvKernels> nncore_##level##_conv;                                 \
  extern const nncore::Family<nncore::ElementwiseKernels> nncore_##level##_elementwise;                   \
  extern const nncore::Family<nncore::ReduceKernels> nncore_##level##_reduce;                             \
  extern const nncore::Family<nncore::FoldKernels> nncore_##level##_fold;                                 \
  extern const nncore::Family<nncore::LossKernels> nncore_##level##_loss;                                 \
  extern const nncore::Family<nncore::NormKernels> nncore_##level##_norm;                                 \
  extern const nncore::Family<nncore::OptimKernels> nncore_##level##_optim;                               \
  extern const nncore::Family<nncore::PointwiseKernels> nncore_##level##_pointwise;                       \
  extern const nncore::Family<nncore::PoolKernels> nncore_##level##_pool;                                 \
  extern const nncore::Family<nncore::RandomKernels> nncore_##level##_random;                             \
  extern const nncore::Family<nncore::LimitsKernels> nncore_##level##_limits;                             \
  extern const nncore::Family<nncore::RecurrentKernels> nncore_##level##_recurrent;                       \
  extern const nncore::Family<nncore::AttentionKernels> nncore_##level##_attention;                       \
  extern const nncore::Level nncore_level_##level;                                                        \
  }                                                                                                       \
  const nncore::Level nncore_level_##level = nncore::make_level(                                          \
      #level, nncore_##level##_product, nncore_##level##_conv, nncore_##level##_elementwise,              \
      nncore_##level##_reduce, nncore_##level##_fold, nncore_##level##_loss, nncore_##level##_norm,       \
      nncore_##level##_optim, nncore_##level##_pointwise, nncore_##level##_pool, nncore_##level##_random, \
      nncore_##level##_limits, nncore_##level##_recurrent, nncore_##level##_attention);

NNCORE_LEVEL(scalar)
#ifdef NNCORE_HAS_avx2
NNCORE_LEVEL(avx2)
#endif
#ifdef NNCORE_HAS_avx512
NNCORE_LEVEL(avx512)
#endif
#ifdef NNCORE_HAS_neon
NNCORE_LEVEL(neon)
#endif
