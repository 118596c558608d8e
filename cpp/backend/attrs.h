// The attributes of each kernel: sizes, strides and constants, decided by the op before the call is made.
// Each says when two are equal: a captured step is compared with its repetition.
#pragma once
#include <bit>
#include <cstdint>

#include "norm_kind.h"

namespace nncore {

inline constexpr int max_axes = 8;
inline constexpr int max_scalars = 2;

// A walk over a dense output with two operands that may be stretched along some axes (stride 0). Axes are
// merged, so the innermost stride of each operand is 1 or 0.
struct BroadcastLoop {
  int ndim;
  int64_t size[max_axes];
  int64_t stride[3][max_axes];                     // of up to three operands, in elements
  bool operator==(const BroadcastLoop& o) const {  // beyond ndim nothing is set
    bool equal = ndim == o.ndim;
    for (int i = 0; equal && i < ndim; i++) {
      equal = size[i] == o.size[i];
      for (int k = 0; k < 3; k++) equal = equal && stride[k][i] == o.stride[k][i];
    }
    return equal;
  }
};

// A number of the user's: equal by its bits, so that NaN is NaN and -0 is not 0.
struct Number {
  double value;
  constexpr Number(double value = 0) : value(value) {}
  constexpr operator double() const { return value; }
  friend constexpr bool operator==(Number a, Number b) {
    return std::bit_cast<uint64_t>(a.value) == std::bit_cast<uint64_t>(b.value);
  }
};

struct UnaryAttrs {
  int op;  // index in UnaryOps
  int64_t n;
  Number scalars[max_scalars];
  bool operator==(const UnaryAttrs&) const = default;
};

struct BinaryAttrs {
  int op;       // index in BinaryOps or CompareOps
  int operand;  // backward only: 0 gives da, 1 gives db
  int64_t n;
  BroadcastLoop loop;
  bool operator==(const BinaryAttrs&) const = default;
};

struct WhereAttrs {
  int64_t n;
  BroadcastLoop loop;
  bool operator==(const WhereAttrs&) const = default;
};

struct FillAttrs {
  int64_t n;
  Number value, step;  // element i becomes value + i * step
  int64_t int_value, int_step;
  bool operator==(const FillAttrs&) const = default;
};

// dst[dst_start + i . dst_stride] = (or +=) src[src_start + i . src_stride] for every index i below size.
struct CopyAttrs {
  int ndim;
  bool accumulate;
  int64_t size[max_axes];
  int64_t src_stride[max_axes], dst_stride[max_axes];
  int64_t src_start, dst_start;
  bool operator==(const CopyAttrs&) const = default;
};

enum class Reduction : int { sum, prod, max, min };

// x seen as (outer, n, inner), reduced over n; the result is scaled.
struct ReduceAttrs {
  Reduction op;
  int64_t outer, n, inner;
  double scale;
  bool operator==(const ReduceAttrs&) const = default;
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
  bool operator==(const MatmulAttrs&) const = default;
};

// The layer's sizes: x (m, k), w (n, k), z (m, n).
struct LinearBackwardAttrs {
  int64_t m, n, k;
  int activation;  // index in UnaryOps or -1
  bool operator==(const LinearBackwardAttrs&) const = default;
};

struct RowAttrs {
  int64_t rows, cols;
  int op;  // what a kernel with variants needs to know
  bool operator==(const RowAttrs&) const = default;
};

enum class LossReduction : int { none, mean, sum };

struct CrossEntropyAttrs {
  int64_t rows, cols;
  int64_t ignore_index;
  double label_smoothing;
  bool probabilities;  // targets are probabilities, not class indices
  bool logits;         // x are logits; else log-probabilities, taken as they are
  LossReduction reduction;
  bool operator==(const CrossEntropyAttrs&) const = default;
};

// scale * sum of w l(a, b, c) for a loss l of LossOps, or w l for each element.
struct PointwiseLossAttrs {
  int op;  // index in LossOps
  bool summed;
  int64_t n;
  double scale;
  double scalars[max_scalars];
  bool operator==(const PointwiseLossAttrs&) const = default;
};

struct MultiMarginAttrs {
  int64_t rows, cols;
  int p;  // 1 or 2
  double margin;
  LossReduction reduction;
  bool operator==(const MultiMarginAttrs&) const = default;
};

struct CtcAttrs {
  int64_t steps, batch, classes;
  int64_t width;  // of padded targets (batch, width); -1: targets lie one after another
  int64_t count;  // of all targets
  int64_t blank;
  bool zero_infinity;
  LossReduction reduction;
  bool operator==(const CtcAttrs&) const = default;
};

struct NormAttrs {
  NormKind kind;
  int64_t rows, cols;
  double eps;
  bool operator==(const NormAttrs&) const = default;
};

// x seen as (n, groups, channels, inner); each group is brought to mean 0 and variance 1.
struct GroupNormAttrs {
  int64_t n, groups, channels, inner;
  double eps;
  bool operator==(const GroupNormAttrs&) const = default;
};

// x seen as (n, channels, inner); each channel is brought to mean 0 and variance 1, in training by the
// batch's own statistics.
struct BatchNormAttrs {
  int64_t n, channels, inner;
  bool training;
  double eps;
  double momentum;  // of the kept statistics; below 0: they are means over all batches
  bool operator==(const BatchNormAttrs&) const = default;
};

// y = x (k + alpha * sum of x^2 over `size` neighbouring channels)^-beta for x seen as (n, channels, inner).
struct ResponseNormAttrs {
  int64_t n, channels, inner, size;
  double alpha, beta, k;
  bool operator==(const ResponseNormAttrs&) const = default;
};

// Elements fall out together in runs of `inner`; kept ones become x * scale + shift, others `dropped`.
struct DropoutAttrs {
  int64_t n, inner;
  double p, scale, shift, dropped;
  bool operator==(const DropoutAttrs&) const = default;
};

struct EmbeddingAttrs {
  int64_t count, rows, cols;
  int64_t padding;  // a row without gradient, or -1
  bool by_frequency;
  bool operator==(const EmbeddingAttrs&) const = default;
};

// Bags of ids: `length` each, or where it is -1 from offsets[i] to offsets[i + 1]; the last one ends with the
// ids, or where one offset more says.
struct EmbeddingBagAttrs {
  int64_t count, bags, length, rows, cols;
  int64_t padding;  // ids that are left out, or -1
  bool mean, by_frequency, has_end;
  bool operator==(const EmbeddingBagAttrs&) const = default;
};

struct GatherAttrs {
  int64_t count, rows, cols;  // count indices into (rows, cols), for each of `outer`
  int64_t outer = 1;
  const char* op = "index";  // named in errors
  bool wrap = true;          // a negative index counts from the end
  bool operator==(const GatherAttrs&) const = default;
};

// x (outer, n, inner) met by an index (outer, count, inner) along the middle axis.
struct AxisIndexAttrs {
  const char* op;
  int64_t outer, n, inner, count;
  bool add, single;  // scatter: adds; the source is one value for all
  bool operator==(const AxisIndexAttrs&) const = default;
};

// One flat index out of `ndim` index operands of n elements each.
struct RavelAttrs {
  int64_t n;
  int ndim, first_axis;  // first_axis: named in errors
  int64_t size[max_axes];
  bool operator==(const RavelAttrs&) const = default;
};

struct MaskedFillAttrs {
  int64_t n;
  bool fills;  // which value of the mask is filled
  Number value;
  int64_t int_value;
  BroadcastLoop loop;  // of x and mask
  bool operator==(const MaskedFillAttrs&) const = default;
};

// (batch, rows, cols): column <= row + diagonal is kept (lower), or column >= row + diagonal.
struct TriangleAttrs {
  int64_t batch, rows, cols, diagonal;
  bool lower;
  bool operator==(const TriangleAttrs&) const = default;
};

struct NonzeroAttrs {
  int64_t n;
  int ndim;
  int64_t size[max_axes];
  int64_t found_stride, axis_stride;  // of the result
  bool operator==(const NonzeroAttrs&) const = default;
};

struct OneHotAttrs {
  int64_t n, classes;
  bool operator==(const OneHotAttrs&) const = default;
};

enum class Padding : int { reflect, replicate, circular };

// The middle axis of (outer, n, inner) becomes left + n + right.
struct PadAttrs {
  Padding mode;
  int64_t outer, n, inner, left, right;
  bool operator==(const PadAttrs&) const = default;
};

// What is summed of each element: (x - m)^2, |x|, x^2, |x|^p, e^(x - m); m is one value for each result.
enum class Fold : int { deviation, abs, square, abs_pow, exp_minus };
enum class FoldEnd : int { none, sqrt, root, log_plus };  // root: s^(1/p); log_plus: log(s) + m

// x (outer, n, inner) folded over n: y = end(scale * sum of the terms).
struct FoldAttrs {
  Fold term;
  FoldEnd end;
  int64_t outer, n, inner;
  double scale, power;
  bool operator==(const FoldAttrs&) const = default;

  bool makes_mean() const { return term == Fold::deviation && inner == 1; }  // m is a result
};

// Along the middle axis of (outer, n, inner).
struct ScanAttrs {
  Reduction op;  // sum or prod
  int64_t outer, n, inner;
  bool reverse;
  bool operator==(const ScanAttrs&) const = default;
};

struct SortAttrs {
  int64_t outer, n, inner, k;  // the first k of the order
  bool descending;
  bool operator==(const SortAttrs&) const = default;
};

enum class Distribution : int { uniform, normal, integer, bernoulli };

struct RandomAttrs {
  Distribution distribution;
  int64_t n;
  double a, b;  // low and high, or mean and standard deviation
  int64_t low, high;
  bool operator==(const RandomAttrs&) const = default;
};

struct SgdAttrs {
  int64_t n;
  bool nesterov, maximize, has_momentum;
  bool operator==(const SgdAttrs&) const = default;
};

enum class RecurrentCell : int { rnn, lstm, gru };

// One layer and direction over a whole sequence.
struct RecurrentAttrs {
  RecurrentCell cell;
  int activation;  // of an rnn: index in UnaryOps
  int64_t steps, batch, hidden;
  int64_t out;   // numbers in h: hidden, or what it is projected to
  int64_t ld_y;  // from one row of y to the next
  bool reverse, projected;
  bool operator==(const RecurrentAttrs&) const = default;

  int64_t gates() const { return cell == RecurrentCell::lstm ? 4 : cell == RecurrentCell::gru ? 3 : 1; }
  int64_t rows() const { return steps * batch; }
  // What forward saves: gates (rows, gates * hidden), then c or hn (rows, hidden), then what is projected.
  int64_t state_at() const { return rows() * gates() * hidden; }
  int64_t unprojected_at() const { return state_at() + (cell == RecurrentCell::rnn ? 0 : rows() * hidden); }
  int64_t saved() const { return unprojected_at() + (projected ? rows() * hidden : 0); }
  // What backward works out: gradients of the gates (a GRU's r z n hn), then those of a projected h.
  int64_t grad_gates() const { return cell == RecurrentCell::gru ? 4 : gates(); }
  int64_t grad_h_at() const { return rows() * grad_gates() * hidden; }
  int64_t work() const { return grad_h_at() + (projected ? rows() * out : 0); }
};

// Where the rows of a head lie: strides in numbers.
struct AttentionLayout {
  int64_t batch, head, row;
  bool operator==(const AttentionLayout&) const = default;
};

struct AttentionAttrs {
  int64_t batch, heads, kv_heads;  // heads is a multiple of kv_heads, which are shared in turn
  int64_t q_len, k_len, d, dv;     // of queries and keys, of values
  AttentionLayout q, k, v, out;
  int64_t mask_stride[4];  // batch, head, query, key; 0 where stretched
  double scale;
  double dropout;  // of probabilities
  bool causal;
  bool operator==(const AttentionAttrs&) const = default;

  int64_t group() const { return heads / kv_heads; }
};

struct AdamAttrs {
  int64_t n;
  bool decoupled, maximize, amsgrad;
  bool operator==(const AdamAttrs&) const = default;
};

}  // namespace nncore
