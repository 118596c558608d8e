// A recurrent layer in one direction: from what x gives to the gates of all steps, the states step by step.
//   LSTM (Gers, Schmidhuber, Cummins 2000): c = f c_before + i g, h = o tanh(c)
//   GRU (Cho et al. 2014, the reset gate after the product): h = (1 - z) n + z h_before, n = tanh(n + r hn)
//   RNN (Elman 1990): h = activation(z)
#include "recurrent.h"

#include "dispatch.h"
#include "gemm.h"
#include "gemm_share.h"
#include "kernels.h"

namespace nncore::cpu {

namespace {

template <class T>
class RecurrentForward {
 public:
  explicit RecurrentForward(const Call& call)
      : a_(call.attrs<RecurrentAttrs>()),
        order_{a_},
        w_hh_(call.arg<const T>(0)),
        b_hh_(call.arg<const T>(1)),
        w_hr_(call.arg<const T>(2)),
        h0_(call.arg<const T>(3)),
        c0_(call.arg<const T>(4)),
        gates_(call.arg<T>(5)),
        state_(gates_ + a_.state_at()),
        unprojected_(gates_ + a_.unprojected_at()),
        y_(call.arg<T>(6)),
        h_n_(call.arg<T>(7)),
        c_n_(call.arg<T>(8)),
        width_(a_.gates() * a_.hidden),
        // one line more: rows 4 KiB apart would fall into the same sets of the cache
        ld_turned_(width_ + 16),
        turned_(a_.rows() >= turning_pays ? a_.out * ld_turned_ : 0),
        zeros_(std::max(a_.hidden, a_.out)) {
    std::fill_n(zeros_.data(), std::max(a_.hidden, a_.out), T(0));
    if (turned_.data()) turn(call.cost);
    order_.walk(call.cost, 0, a_.steps, [this](int64_t s, Span rows, Span units) { step(s, rows, units); });
    finish();
  }

 private:
  static constexpr int64_t turning_pays = 16;  // rows that meet the weights

  // W_hh^T, so that every product reads whole lines.
  void turn(int64_t cost) {
    parallel_for(ceil_div(width_, 64), cost / a_.steps, [&](int64_t begin, int64_t end) {
      const int64_t from = begin * 64, to = std::min(end * 64, width_);
      kernels<T>().gemm.transpose(to - from, a_.out, w_hh_ + from * a_.out, a_.out, turned_.data() + from,
                                  ld_turned_);
    });
  }

  // to += h_before W_hh^T + b_hh for `count` gates from `gate` on, or their `units` only; to = without
  // accumulate
  void product(Rows<const T> before, int64_t m, int64_t gate, int64_t count, Span units, T* to, int64_t ld_to,
               bool accumulate) const {
    const bool whole = units.size() == a_.hidden;
    const int64_t n = whole ? count * a_.hidden : units.size();
    for (int64_t g = 0; g < (whole ? 1 : count); g++) {
      const int64_t at = g * a_.hidden + units.begin, column = gate * a_.hidden + at;
      Gemm<T> product = {m,
                         n,
                         before.data == zeros_.data() ? 0 : a_.out,
                         before.data,
                         before.ld,
                         false,
                         w_hh_ + column * a_.out,
                         a_.out,
                         true,
                         to + at,
                         ld_to,
                         accumulate,
                         {}};
      if (turned_.data())
        product.b = turned_.data() + column, product.ldb = ld_turned_, product.trans_b = false;
      if (b_hh_) product.epilogue.bias = b_hh_ + column;
      gemm(product);
    }
  }

  void step(int64_t s, Span rows, Span units) const {
    const int64_t row = order_.row(s) + rows.begin, m = rows.size(), n = units.size(), H = a_.hidden;
    const Rows<const T> h_before =
        s > 0 ? Rows<const T>{y_ + (order_.row(s - 1) + rows.begin) * a_.ld_y, a_.ld_y}
        : h0_ ? Rows<const T>{h0_ + rows.begin * a_.out, a_.out}
              : Rows<const T>{zeros_.data(), 0};
    T* const gates = gates_ + row * width_;
    Rows<T> h = {y_ + row * a_.ld_y + units.begin, a_.ld_y};
    if (a_.projected) h = {unprojected_ + row * H + units.begin, H};
    T* const state = state_ + row * H;
    if (a_.cell == RecurrentCell::gru) {
      product(h_before, m, 0, 2, units, gates, width_, true);
      product(h_before, m, 2, 1, units, state, H, false);
      GruCells<T> cells{};
      cells.rows = m, cells.units = n, cells.hidden = H;
      cells.gates = gates + units.begin, cells.ld_gates = width_;
      cells.hn = state + units.begin;
      cells.h_before = h_before.data + units.begin, cells.ld_before = h_before.ld;
      cells.h = h.data, cells.ld_h = h.ld;
      return kernels<T>().recurrent.gru_fwd(cells);
    }
    product(h_before, m, 0, a_.gates(), units, gates, width_, true);
    if (a_.cell == RecurrentCell::rnn) {
      for (int64_t i = 0; i < m; i++)
        kernels<T>().elementwise.unary_fwd[a_.activation](n, gates + i * width_ + units.begin, h.at(i),
                                                          nullptr);
      return;
    }
    const Rows<const T> c_before =
        s > 0 ? Rows<const T>{state_ + (order_.row(s - 1) + rows.begin) * H + units.begin, H}
        : c0_ ? Rows<const T>{c0_ + rows.begin * H + units.begin, H}
              : Rows<const T>{zeros_.data(), 0};
    LstmCells<T> cells{};
    cells.rows = m, cells.units = n, cells.hidden = H;
    cells.gates = gates + units.begin, cells.ld_gates = width_;
    cells.c_before = c_before.data, cells.ld_before = c_before.ld;
    cells.c = state + units.begin;
    cells.h = h.data, cells.ld_h = h.ld;
    kernels<T>().recurrent.lstm_fwd(cells);
    if (a_.projected)  // h = unprojected W_hr^T
      gemm(Gemm<T>{m, a_.out, H, h.data, h.ld, false, w_hr_, H, true, y_ + row * a_.ld_y, a_.ld_y});
  }

  void finish() const {
    const int64_t last = order_.row(a_.steps - 1);
    for (int64_t i = 0; i < a_.batch; i++) std::copy_n(y_ + (last + i) * a_.ld_y, a_.out, h_n_ + i * a_.out);
    if (c_n_) std::copy_n(state_ + last * a_.hidden, a_.batch * a_.hidden, c_n_);
  }

  const RecurrentAttrs& a_;
  const RecurrentOrder order_;
  const T *const w_hh_, *const b_hh_, *const w_hr_, *const h0_, *const c0_;
  T *const gates_, *const state_, *const unprojected_, *const y_, *const h_n_, *const c_n_;
  const int64_t width_, ld_turned_;
  const Scratch<T> turned_, zeros_;
};

}  // namespace

// args: w_hh, b_hh or none, w_hr or none, h0 or none, c0 or none, saved (in: its gates hold x W_ih^T + b_ih),
// y, h_n, c_n or none
void recurrent_fwd(const Call& call) {
  visit_float(call.args[0].dtype, [&](auto zero) { RecurrentForward<decltype(zero)>{call}; });
}

}  // namespace nncore::cpu
