// Normalization of rows, groups of channels, channels over a batch, and neighboring channels.
#pragma once
#include "../cost.h"
#include "../kernel.h"
#include "norm_kind.h"

namespace nncore {

// s = x + residual; y = (s - mean) / sqrt(var + eps) * weight + bias for each of `rows` rows of `cols`
// numbers. stats (3, rows): the mean, 1 / sqrt(var + eps), and the rounding error of the mean.
struct NormFwd {
  static constexpr Kernel kernel = Kernel::norm_fwd;
  In x, residual = {}, weight = {}, bias = {};
  Out sum = {}, y, stats;  // sum: with a residual
  NormKind kind;
  int64_t rows, cols;
  double eps;

  int64_t cost() const { return byte_cost(2 * x.bytes); }
  double flops() const { return 8.0 * double(rows) * double(cols); }
  bool operator==(const NormFwd&) const = default;
};

// x is the input, or its sum with the residual; dsum, the gradient of that sum, is added to dx. Gradients
// that are not needed are absent.
struct NormBwd {
  static constexpr Kernel kernel = Kernel::norm_bwd;
  In x, weight = {}, stats, dy, dsum = {};
  Out dx = {}, dweight = {}, dbias = {};
  NormKind kind;
  int64_t rows, cols;
  double eps;

  int64_t cost() const { return 2 * byte_cost(2 * x.bytes); }
  double flops() const { return 12.0 * double(rows) * double(cols); }
  bool operator==(const NormBwd&) const = default;
};

// The same for each group of x (n, groups, channels, inner), with one weight and bias per channel (groups *
// channels); stats (3, n * groups).
struct GroupNormFwd {
  static constexpr Kernel kernel = Kernel::group_norm_fwd;
  In x, weight = {}, bias = {};
  Out y, stats;
  int64_t n, groups, channels, inner;
  double eps;

  int64_t cost() const { return byte_cost(2 * x.bytes); }
  double flops() const { return 8.0 * double(n * groups * channels * inner); }
  bool operator==(const GroupNormFwd&) const = default;
};

struct GroupNormBwd {
  static constexpr Kernel kernel = Kernel::group_norm_bwd;
  In x, weight = {}, stats, dy;
  Out dx = {}, dweight = {}, dbias = {};
  int64_t n, groups, channels, inner;

  int64_t cost() const { return 2 * byte_cost(2 * x.bytes); }
  double flops() const { return 12.0 * double(n * groups * channels * inner); }
  bool operator==(const GroupNormBwd&) const = default;
};

// The same for each channel of x (n, channels, inner). Training uses the statistics of the batch and updates
// the running ones; evaluation uses the running ones. stats (3, channels).
struct BatchNormFwd {
  static constexpr Kernel kernel = Kernel::batch_norm_fwd;
  In x, weight = {}, bias = {};
  State mean = {}, variance = {}, batches = {};  // running statistics; written in training
  Out y, stats;
  int64_t n, channels, inner;
  bool training;
  double eps;
  double momentum;  // of the running statistics; if negative, they are means over all batches

  int64_t cost() const { return byte_cost(4 * x.bytes); }
  double flops() const { return 8.0 * double(n * channels * inner); }
  bool operator==(const BatchNormFwd&) const = default;
};

struct BatchNormBwd {
  static constexpr Kernel kernel = Kernel::batch_norm_bwd;
  In x, weight = {}, stats, dy;
  Out dx = {}, dweight = {}, dbias = {};
  int64_t n, channels, inner;
  bool training;

  int64_t cost() const { return 3 * byte_cost(4 * x.bytes) / 2; }
  double flops() const { return 12.0 * double(n * channels * inner); }
  bool operator==(const BatchNormBwd&) const = default;
};

// y = x s^-beta, s = k + alpha * sum of x^2 over `size` neighboring channels, for x (n, channels, inner).
struct ResponseNormFwd {
  static constexpr Kernel kernel = Kernel::response_norm_fwd;
  In x;
  Out s, y;
  int64_t n, channels, inner, size;
  double alpha, beta, k;

  int64_t cost() const { return element_cost(12 * n * channels * inner); }
  double flops() const { return double(2 * size + 4) * double(n * channels * inner); }
  bool operator==(const ResponseNormFwd&) const = default;
};

struct ResponseNormBwd {
  static constexpr Kernel kernel = Kernel::response_norm_bwd;
  In x, s, y, dy;
  Out dx;
  int64_t n, channels, inner, size;
  double alpha, beta;

  int64_t cost() const { return element_cost(12 * n * channels * inner); }
  double flops() const { return double(2 * size + 6) * double(n * channels * inner); }
  bool operator==(const ResponseNormBwd&) const = default;
};

}  // namespace nncore
