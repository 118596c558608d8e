// A recurrent layer in one direction: from the products of x with w_ih, computes the states step by step.
//   LSTM (Gers, Schmidhuber, Cummins 2000): c = f c_before + i g, h = o tanh(c)
//   GRU (Cho et al. 2014, the reset gate after the product): h = (1 - z) n + z h_before, n = tanh(n + r hn)
//   RNN (Elman 1990): h = activation(z)
#include "recurrent.h"

#include "../dispatch.h"
#include "../product/product.h"
#include "../scratch.h"

namespace nncore::cpu {

namespace {

template <class T>
class RecurrentForward {
 public:
  explicit RecurrentForward(const RecurrentFwd& k)
      : spec_(k.spec),
        order_{spec_},
        w_hh_(k.w_hh.as<T>()),
        b_hh_(k.b_hh.as<T>()),
        w_hr_(k.w_hr.as<T>()),
        h0_(k.h0.as<T>()),
        c0_(k.c0.as<T>()),
        gates_(k.saved.as<T>()),
        state_(gates_ + spec_.state_at()),
        unprojected_(gates_ + spec_.unprojected_at()),
        y_(k.y.as<T>()),
        h_n_(k.h_n.as<T>()),
        c_n_(k.c_n.as<T>()),
        width_(spec_.gates() * spec_.hidden),
        // one more cache line: rows 4 KiB apart would be in the same sets of the cache
        ld_turned_(width_ + 16),
        turned_(spec_.rows() >= turning_pays ? spec_.out * ld_turned_ : 0),
        zeros_(std::max(spec_.hidden, spec_.out)) {
    std::fill_n(zeros_.data(), std::max(spec_.hidden, spec_.out), T(0));
    if (turned_.data()) turn(k.cost());
    order_.walk(k.cost(), 0, spec_.steps, [this](int64_t s, Span rows, Span units) { step(s, rows, units); });
    finish();
  }

 private:
  static constexpr int64_t turning_pays = 16;  // from this number of rows, the weights are transposed once

  // W_hh^T, so that every product reads whole cache lines.
  void turn(int64_t cost) {
    parallel_for(ceil_div(width_, 64), cost / spec_.steps, [&](int64_t begin, int64_t end) {
      const int64_t from = begin * 64, to = std::min(end * 64, width_);
      kernels<T>().product.transpose(to - from, spec_.out, w_hh_ + from * spec_.out, spec_.out,
                                     turned_.data() + from, ld_turned_);
    });
  }

  // to += h_before W_hh^T + b_hh (without accumulate: to = ...) for `units` of `count` gates from `gate` on
  void product(Rows<const T> before, int64_t m, int64_t gate, int64_t count, Span units, T* to, int64_t ld_to,
               bool accumulate) const {
    const bool whole = units.size() == spec_.hidden;
    const int64_t n = whole ? count * spec_.hidden : units.size();
    for (int64_t g = 0; g < (whole ? 1 : count); g++) {
      const int64_t at = g * spec_.hidden + units.begin, column = gate * spec_.hidden + at;
      const Matrix<const T> w = {w_hh_ + column * spec_.out, spec_.out};
      multiply(Product<T>{
          .m = m,
          .n = n,
          .k = before.data == zeros_.data() ? 0 : spec_.out,
          .a = {before.data, before.ld},
          .b = turned_.data() ? Matrix<const T>{turned_.data() + column, ld_turned_} : w.transposed(),
          .c = {to + at, ld_to},
          .accumulate = accumulate,
          .epilogue = {.bias = b_hh_ ? b_hh_ + column : nullptr}});
    }
  }

  void step(int64_t s, Span rows, Span units) const {
    const int64_t row = order_.row(s) + rows.begin, m = rows.size(), n = units.size(), H = spec_.hidden;
    const Rows<const T> h_before =
        s > 0 ? Rows<const T>{y_ + (order_.row(s - 1) + rows.begin) * spec_.ld_y, spec_.ld_y}
        : h0_ ? Rows<const T>{h0_ + rows.begin * spec_.out, spec_.out}
              : Rows<const T>{zeros_.data(), 0};
    T* const gates = gates_ + row * width_;
    Rows<T> h = {y_ + row * spec_.ld_y + units.begin, spec_.ld_y};
    if (spec_.projected) h = {unprojected_ + row * H + units.begin, H};
    T* const state = state_ + row * H;
    if (spec_.cell == RecurrentCell::gru) {
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
    product(h_before, m, 0, spec_.gates(), units, gates, width_, true);
    if (spec_.cell == RecurrentCell::rnn) {
      for (int64_t i = 0; i < m; i++)
        kernels<T>().elementwise.unary_fwd[spec_.activation](n, gates + i * width_ + units.begin, h.at(i),
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
    if (spec_.projected)  // h = unprojected W_hr^T
      multiply(Product<T>{.m = m,
                          .n = spec_.out,
                          .k = H,
                          .a = {h.data, h.ld},
                          .b = {w_hr_, 1, H},
                          .c = {y_ + row * spec_.ld_y, spec_.ld_y}});
  }

  void finish() const {
    const int64_t last = order_.row(spec_.steps - 1);
    for (int64_t i = 0; i < spec_.batch; i++)
      std::copy_n(y_ + (last + i) * spec_.ld_y, spec_.out, h_n_ + i * spec_.out);
    if (c_n_) std::copy_n(state_ + last * spec_.hidden, spec_.batch * spec_.hidden, c_n_);
  }

  const RecurrentSpec& spec_;
  const RecurrentOrder order_;
  const T *const w_hh_, *const b_hh_, *const w_hr_, *const h0_, *const c0_;
  T *const gates_, *const state_, *const unprojected_, *const y_, *const h_n_, *const c_n_;
  const int64_t width_, ld_turned_;
  const Scratch<T> turned_, zeros_;
};

}  // namespace

void run(const RecurrentFwd& k) {
  visit_float(k.w_hh.dtype, [&](auto zero) { RecurrentForward<decltype(zero)>{k}; });
}

}  // namespace nncore::cpu
