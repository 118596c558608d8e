// Losses of single elements, of rows against classes, and of sequences against labels (CTC).
#pragma once
#include "../cost.h"
#include "../kernel.h"
#include "loss_reduction.h"
#include "sizes.h"

namespace nncore {

// y = w l(a, b, c) of each of n elements for a loss l of LossOps, or y = scale * their sum if `summed`. w is
// 1 if it is absent.
struct PointwiseLossFwd {
  static constexpr Kernel kernel = Kernel::pointwise_loss_fwd;
  In a, b = {}, c = {}, w = {};
  Out y;
  int op;  // index in LossOps
  bool summed;
  int64_t n;
  double scale;
  double scalars[2];

  int64_t cost() const { return element_cost(n) + byte_cost(3 * a.bytes); }
  double flops() const { return 4.0 * double(n); }
  std::string text() const;
  bool operator==(const PointwiseLossFwd&) const = default;
};

// dy (n), or (1) if the loss is summed.
struct PointwiseLossBwd {
  static constexpr Kernel kernel = Kernel::pointwise_loss_bwd;
  In a, b = {}, c = {}, w = {}, dy;
  Out grad[3] = {};  // of a, b and c; absent where not needed
  int op;
  bool summed;
  int64_t n;
  double scale;
  double scalars[2];

  int64_t cost() const { return element_cost(n) + byte_cost(3 * a.bytes); }
  double flops() const { return 4.0 * double(bool(grad[0]) + bool(grad[1]) + bool(grad[2])) * double(n); }
  std::string text() const;
  int64_t elements() const { return n; }
  void cut(int64_t count) { n = count; }
  bool operator==(const PointwiseLossBwd&) const = default;
};

// The hinge loss of several classes: row x of (rows, cols) with the class t has the loss
// w_t / cols * sum over c != t of max(0, margin - x_t + x_c)^p. loss (rows), or (1) if it is reduced.
struct MultiMarginFwd {
  static constexpr Kernel kernel = Kernel::multi_margin_fwd;
  In x, target, weight = {};
  Out loss;
  int64_t rows, cols;
  int p;  // 1 or 2
  double margin;
  LossReduction reduction;

  int64_t cost() const { return element_cost(rows * cols); }
  double flops() const { return 4.0 * double(rows) * double(cols); }
  std::string text() const { return sizes_text({rows, cols}); }
  bool operator==(const MultiMarginFwd&) const = default;
};

// dy (rows), or (1) if the loss is reduced.
struct MultiMarginBwd {
  static constexpr Kernel kernel = Kernel::multi_margin_bwd;
  In x, target, weight = {}, dy;
  Out dx;
  int64_t rows, cols;
  int p;
  double margin;
  LossReduction reduction;

  int64_t cost() const { return element_cost(rows * cols); }
  double flops() const { return 4.0 * double(rows) * double(cols); }
  std::string text() const { return sizes_text({rows, cols}); }
  bool operator==(const MultiMarginBwd&) const = default;
};

// Connectionist temporal classification: the negative log-likelihood of a sequence of labels for each sample
// of log_probs (steps, batch, classes), among all its alignments to the steps. The labels of all samples lie
// in `targets`, as rows (batch, width) or one sample after another. loss (batch), or (1) if it is reduced.
// Kept for backward, in float64: alpha (steps * states()), the log-probabilities of all beginnings, and nll
// (batch), the losses before they are scaled.
struct CtcFwd {
  static constexpr Kernel kernel = Kernel::ctc_fwd;
  static constexpr bool mixes_types = true;
  In log_probs, targets, input_lengths, target_lengths;
  Out alpha, nll, loss;
  int64_t steps, batch, classes;
  int64_t width;  // of rows of targets; -1: they lie one after another
  int64_t count;  // of all targets
  int64_t blank;
  bool zero_infinity;
  LossReduction reduction;

  // Of all samples: their labels, and the blanks around and between these.
  int64_t states() const { return 2 * count + batch; }
  int64_t cost() const { return 8 * steps * states(); }
  double flops() const { return 13.0 * double(steps) * double(states()); }
  std::string text() const { return sizes_text({steps, batch, classes}); }
  bool operator==(const CtcFwd&) const = default;
};

// dy (batch), or (1) if the loss is reduced.
struct CtcBwd {
  static constexpr Kernel kernel = Kernel::ctc_bwd;
  static constexpr bool mixes_types = true;
  In log_probs, targets, input_lengths, target_lengths, alpha, nll, dy;
  Out dx;
  int64_t steps, batch, classes;
  int64_t width, count, blank;
  LossReduction reduction;

  int64_t states() const { return 2 * count + batch; }
  int64_t cost() const { return 8 * steps * states(); }
  double flops() const { return 19.0 * double(steps) * double(states()); }
  std::string text() const { return sizes_text({steps, batch, classes}); }
  bool operator==(const CtcBwd&) const = default;
};

}  // namespace nncore
