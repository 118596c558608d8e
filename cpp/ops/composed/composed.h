// Compositions: functions that compute an op with kernels of its own from simpler ops. An op runs its
// composition if the backend of its operands lacks the kernels. The op has checked the arguments. A
// composition never reads values on the host; the kernels that it runs report bad labels and indices.
#pragma once
#include <span>
#include <utility>

#include "../../backend/kernels/conv.h"
#include "../../backend/kernels/norm_kind.h"
#include "../arrange.h"
#include "../attention.h"
#include "../elementwise.h"
#include "../embedding.h"
#include "../index.h"
#include "../loss.h"
#include "../norm.h"
#include "../optim.h"
#include "../pool.h"
#include "../recurrent.h"
#include "../resample.h"

namespace nncore::ops::composed {

Tensor linear(const Tensor& x, const Tensor& w, const Tensor& b, int activation);

// x (n, channels, in) or, transposed, (n, filters, out), with `axes` axes at the end.
Tensor conv(int axes, const Tensor& x, const Tensor& w, const Tensor& b, const Convolution& s,
            int activation);
Tensor conv_transpose(int axes, const Tensor& x, const Tensor& w, const Tensor& b, const Convolution& s);

// softmax and log_softmax over the last axis.
Tensor softmax(const Tensor& x);
Tensor log_softmax(const Tensor& x);

// The loss of rows x (..., classes), which are logits, or else log-probabilities.
Tensor class_loss(bool logits, const Tensor& x, const Tensor& target, const Tensor& weight,
                  int64_t ignore_index, LossReduction reduction, double label_smoothing);
Tensor multi_margin_loss(const Tensor& x, const Tensor& target, int p, double margin, const Tensor& weight,
                         LossReduction reduction);
// w l(a, b, c) for the loss l with index `op` in LossOps, or scale times its sum if `summed`.
Tensor pointwise_loss(int op, const char* name, const Tensor& a, const Tensor& b, const Tensor& c,
                      const Tensor& w, bool summed, double scale, Scalars scalars);

// Returns y, and x + residual if a residual is given. A row consists of the last axes, whose sizes are
// `shape`.
std::pair<Tensor, Tensor> norm_rows(NormKind kind, const Tensor& x, const Tensor& residual,
                                    const Shape& shape, const Tensor& weight, const Tensor& bias, double eps);
Tensor group_norm(const Tensor& x, int64_t groups, const Tensor& weight, const Tensor& bias, double eps);
Tensor batch_norm(const Tensor& x, const KeptStatistics& kept, const Tensor& weight, const Tensor& bias,
                  bool training, double eps);
Tensor response_norm(const Tensor& x, int64_t size, double alpha, double beta, double k);

Tensor variance(const Tensor& x, std::span<const int64_t> axes, double correction, bool keepdim, bool root);
Tensor logsumexp(const Tensor& x, std::span<const int64_t> axes, bool keepdim);
Tensor norm(const Tensor& x, double p, std::span<const int64_t> axes, bool keepdim);  // p finite, not 0

// dx of y = prod(x) over the middle axis of x (outer, n, inner), dy (outer, 1, inner).
Tensor prod_gradient(const Tensor& x, const Tensor& dy);
// dx of y = cumprod(x) along the axis.
Tensor cumprod_gradient(const Tensor& x, const Tensor& y, const Tensor& dy, int64_t axis);

Tensor embedding(const Tensor& ids, const Tensor& table, int64_t padding, bool by_frequency);
// ids and offsets are int64; offsets may be undefined and replace those in `bags`. There are `count` bags.
Tensor embedding_bag(const Tensor& ids, const Tensor& offsets, const Tensor& table, const Bags& bags,
                     int64_t count);

Tensor masked_fill(const Tensor& x, const Tensor& mask, FillValue value, bool where_true);
Tensor triangle(const Tensor& x, int64_t diagonal, bool lower);
Tensor one_hot(const Tensor& x, int64_t classes);
Tensor pad_axis(const Tensor& x, int64_t axis, int64_t left, int64_t right, Padding mode);

// Pooling and sliding windows. shape: that of the result. samples: (planes, 3), or undefined.
Pooled max_pool(const Tensor& x, const Shape& shape, const PoolShape& s, const Tensor& samples, bool indices);
Tensor avg_pool(const Tensor& x, const Shape& shape, const PoolShape& s, PoolDivisor divisor);
Tensor unfold(const Tensor& x, const Shape& shape, const PoolShape& s);
Tensor fold(const Tensor& columns, const Shape& shape, const PoolShape& s);

// y (..., m, ...) of x (..., n, ...) along the axis.
Tensor resample(const Tensor& x, int axis, const Resampling& s);
// y (N, C, points...) of the shape.
Tensor grid_sample(const Tensor& x, const Tensor& grid, const Shape& shape, const Sampling& s);

RecurrentResult recurrent(RecurrentCell cell, int activation, const Tensor& x, const Tensor& h0,
                          const Tensor& c0, std::span<const RecurrentWeights> directions);

// q (batch, heads, queries, d), k (batch, kv_heads, keys, d), v (batch, kv_heads, keys, dv); the mask is
// (batch, heads, queries, keys) or undefined.
Tensor attention(const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& mask,
                 const AttentionRule& rule);

// Performs one step of parameter i of the group. Raises NotImplementedError if the optimizer has no
// composition.
void optimizer_step(int optimizer, const OptimizerGroup& group, size_t i);

}  // namespace nncore::ops::composed
