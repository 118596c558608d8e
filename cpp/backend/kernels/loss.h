// Losses per element, of rows with classes, and of sequences with labels (CTC).
#pragma once
#include "../cost.h"
#include "../kernel.h"
#include "loss_reduction.h"
#include "sizes.h"

namespace nncore {

// Faults of losses whose operands have a domain: the values near `position` go from `least` to `most`.
enum DomainFault : int { bad_input_probability, bad_target_probability, negative_variance };

// y = w l(a, b, c) for each of n elements and a loss l of LossOps; if `summed`, y = scale * their sum. An
// absent w is 1.
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
  [[noreturn]] void fail(const Fault&) const;
  bool operator==(const PointwiseLossFwd&) const = default;
};

// dy (n), or (1) if the loss is summed.
struct PointwiseLossBwd {
  static constexpr Kernel kernel = Kernel::pointwise_loss_bwd;
  In a, b = {}, c = {}, w = {}, dy;
  Out grad[3] = {};  // of a, b and c; absent if not needed
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

// The multi-class hinge loss: a row x of (rows, cols) with the class t has the loss
// w_t / cols * sum over c != t of max(0, margin - x_t + x_c)^p. loss (rows), or (1) if reduced.
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
  [[noreturn]] void fail(const Fault&) const;
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
  [[noreturn]] void fail(const Fault&) const;
  bool operator==(const MultiMarginBwd&) const = default;
};

// Faults of CTC: the input length `value` of sample `position`; its target length `value` above `detail`; the
// sum `value` of all target lengths; target number `detail` of sample `position`, which is `value`.
enum CtcFault : int { bad_input_length, bad_target_length, bad_target_sum, bad_label };

// Connectionist temporal classification: for each sample of log_probs (steps, batch, classes), the negative
// log-likelihood of its labels over all alignments to the steps. targets: the labels of all samples, as rows
// (batch, width) or one sample after another. loss (batch), or (1) if reduced. Saved for backward in
// float64: alpha (steps * states()), the log-probabilities of all beginnings, and nll (batch), the losses
// before scaling.
struct CtcFwd {
  static constexpr Kernel kernel = Kernel::ctc_fwd;
  static constexpr bool mixes_types = true;
  In log_probs, targets, input_lengths, target_lengths;
  Out alpha, nll, loss;
  int64_t steps, batch, classes;
  int64_t width;  // of rows of targets; -1: one sample after another
  int64_t count;  // of all targets
  int64_t blank;
  bool zero_infinity;
  LossReduction reduction;

  // The labels of all samples, and the blanks around and between them.
  int64_t states() const { return 2 * count + batch; }
  int64_t cost() const { return 8 * steps * states(); }
  double flops() const { return 13.0 * double(steps) * double(states()); }
  std::string text() const { return sizes_text({steps, batch, classes}); }
  [[noreturn]] void fail(const Fault&) const;
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
  [[noreturn]] void fail(const Fault&) const;
  bool operator==(const CtcBwd&) const = default;
};

}  // namespace nncore
