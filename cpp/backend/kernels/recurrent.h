// Recurrent layers over whole sequences.
#pragma once
#include "../cost.h"
#include "../kernel.h"

namespace nncore {

enum class RecurrentCell : int { rnn, lstm, gru };

// One layer in one direction, with `gates() * hidden` gates per step of a sequence.
struct RecurrentSpec {
  RecurrentCell cell;
  int activation;  // of an rnn: index in UnaryOps
  int64_t steps, batch, hidden;
  int64_t out;   // the size of h: hidden, or the size of its projection
  int64_t ld_y;  // the distance between rows of y
  bool reverse, projected;
  bool operator==(const RecurrentSpec&) const = default;

  int64_t gates() const { return cell == RecurrentCell::lstm ? 4 : cell == RecurrentCell::gru ? 3 : 1; }
  int64_t rows() const { return steps * batch; }
  int64_t all_gates() const { return rows() * gates() * hidden; }  // of all steps and sequences
  // Saved by forward: gates (rows, gates * hidden), then c or hn (rows, hidden), then h before
  // its projection.
  int64_t state_at() const { return all_gates(); }
  int64_t unprojected_at() const { return state_at() + (cell == RecurrentCell::rnn ? 0 : rows() * hidden); }
  int64_t saved() const { return unprojected_at() + (projected ? rows() * hidden : 0); }
  // Computed by backward: the gradients of the gates (r z n hn for a GRU), then those of a projected h.
  int64_t grad_gates() const { return cell == RecurrentCell::gru ? 4 : gates(); }
  int64_t grad_h_at() const { return rows() * grad_gates() * hidden; }
  int64_t work() const { return grad_h_at() + (projected ? rows() * out : 0); }

  int64_t cost() const;  // of forward
  double flops() const;  // of the products of forward
  std::string text() const;
};

// The steps of a layer. The gates of `saved` contain x w_ih^T + b_ih on entry; the kernel completes `saved`.
// y: the first row of this direction. Absent h0 and c0 are zeros; c0 and c_n belong to an LSTM.
struct RecurrentFwd {
  static constexpr Kernel kernel = Kernel::recurrent_fwd;
  In w_hh, b_hh = {}, w_hr = {}, h0 = {}, c0 = {};
  Out saved, y, h_n, c_n = {};
  RecurrentSpec spec;

  int64_t cost() const { return spec.cost(); }
  double flops() const { return spec.flops() + 6.0 * double(spec.all_gates()); }
  std::string text() const { return spec.text(); }
  bool operator==(const RecurrentFwd&) const = default;
};

// Computes `work`, the gradients of the gates of all steps, last step first. The op computes the gradients of
// weights and input from them by products over all steps.
struct RecurrentBwd {
  static constexpr Kernel kernel = Kernel::recurrent_bwd;
  In w_hh, w_hr = {}, h0 = {}, c0 = {}, y, saved, dy = {}, dh_n = {}, dc_n = {};
  Out work, dh0 = {}, dc0 = {};
  RecurrentSpec spec;

  int64_t cost() const { return 2 * spec.cost(); }
  double flops() const { return spec.flops() + 10.0 * double(spec.all_gates()); }
  std::string text() const { return spec.text(); }
  bool operator==(const RecurrentBwd&) const = default;
};

}  // namespace nncore
