// Normalization of rows and of groups of channels.
#pragma once
#include <utility>

#include "../core/tensor.h"

namespace nncore::ops {

// Normalizes over the last axes, whose sizes are `shape`; weight and bias have that shape or are undefined.
Tensor layer_norm(const Tensor& x, const Shape& shape, const Tensor& weight, const Tensor& bias, double eps);
Tensor rms_norm(const Tensor& x, const Shape& shape, const Tensor& weight, double eps);

// (layer_norm(x + residual), x + residual)
std::pair<Tensor, Tensor> add_layer_norm(const Tensor& x, const Tensor& residual, const Shape& shape,
                                         const Tensor& weight, const Tensor& bias, double eps);

// x / max(|x|, eps) along one axis.
Tensor l2_normalize(const Tensor& x, int64_t axis, double eps);

// x (N, C, ...): groups of C / groups channels each; weight and bias (C) or undefined.
Tensor group_norm(const char* op, const Tensor& x, int64_t groups, const Tensor& weight, const Tensor& bias,
                  double eps);

// The running statistics of a batch norm, which training updates: means and variances (C), and the number of
// batches (int64, may be undefined). A momentum below 0 means the average over all batches.
struct KeptStatistics {
  Tensor mean, variance, batches;
  double momentum;
};

// Normalizes each channel of x (N, C, ...) with the statistics of the batch, or with the running statistics
// if not training.
Tensor batch_norm(const Tensor& x, const KeptStatistics& kept, const Tensor& weight, const Tensor& bias,
                  bool training, double eps);

// x (k + alpha * sum of x^2 over `size` neighbouring channels)^-beta of x (N, C, ...).
Tensor response_norm(const Tensor& x, int64_t size, double alpha, double beta, double k);

}  // namespace nncore::ops
