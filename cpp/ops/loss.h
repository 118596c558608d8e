// Softmax and the losses of the first hour.
#pragma once
#include "../backend/attrs.h"
#include "../core/tensor.h"

namespace nncore::ops {

Tensor softmax(const Tensor& x, int64_t axis);
Tensor log_softmax(const Tensor& x, int64_t axis);

// Logits (N, C) or (C) or (N, C, d1, ...); targets class indices without the class axis, or probabilities of
// x's shape.
Tensor cross_entropy(const Tensor& x, const Tensor& target, const Tensor& weight, int64_t ignore_index,
                     LossReduction reduction, double label_smoothing);

// The same of log-probabilities and class indices.
Tensor nll_loss(const Tensor& x, const Tensor& target, const Tensor& weight, int64_t ignore_index,
                LossReduction reduction);

// scale * sum (x - t)^2, of equal shapes.
Tensor squared_error(const char* op, const Tensor& x, const Tensor& t, double scale);

}  // namespace nncore::ops
