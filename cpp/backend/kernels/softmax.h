// Softmax and cross-entropy of rows of logits.
#pragma once
#include "../cost.h"
#include "../kernel.h"
#include "loss_reduction.h"
#include "sizes.h"

namespace nncore {

// y = softmax(x), or its logarithm, for each row of x (rows, cols).
struct SoftmaxFwd {
  static constexpr Kernel kernel = Kernel::softmax_fwd;
  In x;
  Out y;
  int64_t rows, cols;
  bool log;

  int64_t cost() const { return element_cost(2 * rows * cols); }
  double flops() const { return 5.0 * double(rows) * double(cols); }
  std::string text() const { return sizes_text({rows, cols}) + (log ? " log" : ""); }
  bool operator==(const SoftmaxFwd&) const = default;
};

struct SoftmaxBwd {
  static constexpr Kernel kernel = Kernel::softmax_bwd;
  In y, dy;
  Out dx;
  int64_t rows, cols;
  bool log;

  int64_t cost() const { return element_cost(rows * cols); }
  double flops() const { return 4.0 * double(rows) * double(cols); }
  std::string text() const { return sizes_text({rows, cols}) + (log ? " log" : ""); }
  bool operator==(const SoftmaxBwd&) const = default;
};

// Faults of cross-entropy: the target `value` of row `position`; a mean of rows that are all ignored or have
// weight 0.
enum CrossEntropyFault : int { bad_target, nothing_to_average };

// Row r of x (rows, cols) has the loss -sum_c w_c q_c log_softmax(x)_c. The target distribution q is from the
// class index target[r], or from the probabilities target (rows, cols); label_smoothing mixes it with
// 1 / cols. loss (rows), or (1) if reduced. Saved for backward: stats (2, rows), the largest x and
// sum exp(x - largest); share (rows), sum_c w_c q_c, which is 0 for an ignored row; scale (1), the factor of
// the reduction.
struct CrossEntropyFwd {
  static constexpr Kernel kernel = Kernel::cross_entropy_fwd;
  In x, target, weight = {};
  Out stats, share, loss, scale;
  int64_t rows, cols;
  int64_t ignore_index;  // rows with this target are ignored
  double label_smoothing;
  bool probabilities;  // target contains probabilities instead of class indices
  bool logits;         // x contains logits; else log-probabilities, which are used as they are
  LossReduction reduction;

  int64_t cost() const { return element_cost(2 * rows * cols); }
  double flops() const { return (logits ? 4.0 : 0.0) * double(rows) * double(cols) + 3.0 * double(terms()); }
  // The number of terms w_c q_c that may differ from 0.
  int64_t terms() const { return probabilities || label_smoothing != 0 ? rows * cols : rows; }
  std::string text() const { return sizes_text({rows, cols}) + (logits ? "" : " of logarithms"); }
  [[noreturn]] void fail(const Fault&) const;
  bool operator==(const CrossEntropyFwd&) const = default;
};

// dy (rows), or (1) if the loss is reduced.
struct CrossEntropyBwd {
  static constexpr Kernel kernel = Kernel::cross_entropy_bwd;
  In x, target, weight = {}, stats, share, dy, scale;
  Out dx;
  int64_t rows, cols;
  int64_t ignore_index;
  double label_smoothing;
  bool probabilities, logits;
  LossReduction reduction;

  int64_t cost() const { return element_cost(2 * rows * cols); }
  double flops() const { return (logits ? 3.0 : 0.0) * double(rows) * double(cols) + 3.0 * double(terms()); }
  int64_t terms() const { return probabilities || label_smoothing != 0 ? rows * cols : rows; }
  std::string text() const { return sizes_text({rows, cols}) + (logits ? "" : " of logarithms"); }
  [[noreturn]] void fail(const Fault&) const;
  bool operator==(const CrossEntropyBwd&) const = default;
};

}  // namespace nncore
