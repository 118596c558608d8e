// The attributes of each kernel: sizes, strides and constants, decided by the op before the call is made.
#pragma once
#include <cstdint>

namespace nncore {

class Generator;

inline constexpr int max_axes = 8;
inline constexpr int max_scalars = 2;

// A walk over a dense output with two operands that may be stretched along some axes (stride 0). Axes are
// merged, so the innermost stride of each operand is 1 or 0.
struct BroadcastLoop {
  int ndim;
  int64_t size[max_axes];
  int64_t stride[3][max_axes];  // of up to three operands, in elements
};

struct UnaryAttrs {
  int op;  // index in UnaryOps
  int64_t n;
  double scalars[max_scalars];
};

struct BinaryAttrs {
  int op;       // index in BinaryOps or CompareOps
  int operand;  // backward only: 0 gives da, 1 gives db
  int64_t n;
  BroadcastLoop loop;
};

struct WhereAttrs {
  int64_t n;
  BroadcastLoop loop;
};

struct FillAttrs {
  int64_t n;
  double value, step;  // element i becomes value + i * step
  int64_t int_value, int_step;
};

// dst[dst_start + i . dst_stride] = (or +=) src[src_start + i . src_stride] for every index i below size.
struct CopyAttrs {
  int ndim;
  bool accumulate;
  int64_t size[max_axes];
  int64_t src_stride[max_axes], dst_stride[max_axes];
  int64_t src_start, dst_start;
};

enum class Reduction : int { sum, prod, max, min };

// x seen as (outer, n, inner), reduced over n; the result is scaled.
struct ReduceAttrs {
  Reduction op;
  int64_t outer, n, inner;
  double scale;
};

// C = activation(op(A) op(B) + bias) for each of `batch` products.
struct MatmulAttrs {
  int64_t m, n, k;
  int64_t lda, ldb, ldc;
  bool trans_a, trans_b, accumulate;
  int activation;  // index in UnaryOps or -1
  int batch_ndim;
  int64_t batch_size[max_axes - 2];
  int64_t batch_stride[2][max_axes - 2];  // of A and B, in elements; C is dense
};

// The layer's sizes: x (m, k), w (n, k), z (m, n).
struct LinearBackwardAttrs {
  int64_t m, n, k;
  int activation;  // index in UnaryOps or -1
};

struct RowAttrs {
  int64_t rows, cols;
  int op;  // what a kernel with variants needs to know
};

enum class LossReduction : int { none, mean, sum };

struct CrossEntropyAttrs {
  int64_t rows, cols;
  int64_t ignore_index;
  double label_smoothing;
  bool probabilities;  // targets are probabilities, not class indices
  bool logits;         // x are logits; else log-probabilities, taken as they are
  LossReduction reduction;
};

struct SquaredErrorAttrs {
  int64_t n;
  double scale;
};

struct GatherAttrs {
  int64_t count, rows, cols;  // count indices into (rows, cols)
};

enum class Distribution : int { uniform, normal, integer, bernoulli };

struct RandomAttrs {
  Generator* generator;
  Distribution distribution;
  int64_t n;
  double a, b;  // low and high, or mean and standard deviation
  int64_t low, high;
};

struct SgdAttrs {
  int64_t n;
  bool nesterov, maximize, has_momentum;
};

struct AdamAttrs {
  int64_t n;
  bool decoupled, maximize, amsgrad;
};

}  // namespace nncore
