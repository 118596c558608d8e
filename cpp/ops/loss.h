// Softmax, losses per row, and the CTC loss of sequences.
#pragma once
#include "../backend/kernels/loss_reduction.h"
#include "../core/tensor.h"

namespace nncore::ops {

Tensor softmax(const Tensor& x, int64_t axis);
Tensor log_softmax(const Tensor& x, int64_t axis);

// x: logits (N, C), (C) or (N, C, d1, ...). target: class indices, of x's shape without the class axis, or
// probabilities of x's shape.
Tensor cross_entropy(const Tensor& x, const Tensor& target, const Tensor& weight, int64_t ignore_index,
                     LossReduction reduction, double label_smoothing);

// The same for log-probabilities and class indices.
Tensor nll_loss(const Tensor& x, const Tensor& target, const Tensor& weight, int64_t ignore_index,
                LossReduction reduction);

// sum over c != t of max(0, margin - x_t + x_c)^p / C for rows x (N, C) or (C) and classes t.
Tensor multi_margin_loss(const Tensor& x, const Tensor& target, int p, double margin, const Tensor& weight,
                         LossReduction reduction);

// x: log-probabilities (steps, batch, classes); targets (batch, longest), or (sum of target_lengths).
Tensor ctc_loss(const Tensor& x, const Tensor& targets, const Tensor& input_lengths,
                const Tensor& target_lengths, int64_t blank, LossReduction reduction, bool zero_infinity);

}  // namespace nncore::ops
