// Backward through time of a recurrent layer: the gradients of all gates, last step first. Afterwards the op
// computes the gradients of weights and input by products over all steps.
#include "../dispatch.h"
#include "../product/product.h"
#include "../scratch.h"
#include "recurrent.h"

namespace nncore::cpu {

namespace {

template <class T>
class RecurrentBackward {
 public:
  explicit RecurrentBackward(const RecurrentBwd& k)
      : spec_(k.spec),
        order_{spec_},
        w_hh_(k.w_hh.as<T>()),
        w_hr_(k.w_hr.as<T>()),
        h0_(k.h0.as<T>()),
        c0_(k.c0.as<T>()),
        y_(k.y.as<T>()),
        gates_(static_cast<T*>(k.saved.data)),
        state_(gates_ + spec_.state_at()),
        dy_(k.dy.as<T>()),
        dh_n_(k.dh_n.as<T>()),
        dc_n_(k.dc_n.as<T>()),
        dgates_(k.work.as<T>()),
        dh_all_(dgates_ + spec_.grad_h_at()),
        dh0_(k.dh0.as<T>()),
        dc0_(k.dc0.as<T>()),
        width_(spec_.gates() * spec_.hidden),
        grad_width_(spec_.grad_gates() * spec_.hidden),
        dh_own_(dh0_ ? 0 : spec_.batch * spec_.out),
        dc_own_(dc0_ || spec_.cell != RecurrentCell::lstm ? 0 : spec_.batch * spec_.hidden),
        dm_(spec_.projected ? spec_.batch * spec_.hidden : 0),
        zeros_(spec_.hidden),
        dh_(dh0_ ? dh0_ : dh_own_.data()),
        dc_(dc0_ ? dc0_ : dc_own_.data()) {
    std::fill_n(zeros_.data(), spec_.hidden, T(0));
    if (dh_n_)
      std::copy_n(dh_n_, spec_.batch * spec_.out, dh_);
    else
      std::fill_n(dh_, spec_.batch * spec_.out, T(0));
    if (dc_ && dc_n_)
      std::copy_n(dc_n_, spec_.batch * spec_.hidden, dc_);
    else if (dc_)
      std::fill_n(dc_, spec_.batch * spec_.hidden, T(0));
    order_.walk(k.cost(), spec_.steps - 1, dh0_ ? -2 : -1,
                [this](int64_t s, Span rows, Span units) { step(s, rows, units); });
  }

 private:
  // dh of step s before its cells: the part left by the step after it, dy, and the products with its gates
  void gather(int64_t s, Span rows, Span units) const {
    const int64_t m = rows.size(), n = spec_.projected ? spec_.out : units.size(), first = units.begin;
    T* const dh = dh_ + rows.begin * spec_.out + first;
    const bool last = s == spec_.steps - 1, keep = last || spec_.cell == RecurrentCell::gru;
    const T* const dy = dy_ && s >= 0 ? dy_ + (order_.row(s) + rows.begin) * spec_.ld_y + first : nullptr;
    for (int64_t i = 0; i < m; i++) {
      T* const to = dh + i * spec_.out;
      const T* const from = dy ? dy + i * spec_.ld_y : nullptr;
      if (keep && from)
        for (int64_t j = 0; j < n; j++) to[j] += from[j];
      else if (!keep && from)
        std::copy_n(from, n, to);
      else if (!keep)
        std::fill_n(to, n, T(0));
    }
    if (last) return;
    const T* const after = dgates_ + (order_.row(s + 1) + rows.begin) * grad_width_;
    const auto add = [&](int64_t gate, int64_t row_of_w, int64_t count) {
      multiply(Product<T>{.m = m,
                          .n = n,
                          .k = count * spec_.hidden,
                          .a = {after + gate * spec_.hidden, grad_width_},
                          .b = {w_hh_ + row_of_w * spec_.hidden * spec_.out + first, spec_.out},
                          .c = {dh, spec_.out},
                          .accumulate = true});
    };
    if (spec_.cell == RecurrentCell::gru) {
      add(0, 0, 2);
      add(3, 2, 1);
    } else {
      add(0, 0, spec_.gates());
    }
  }

  void step(int64_t s, Span rows, Span units) const {
    gather(s, rows, units);
    if (s < 0) return;
    const int64_t row = order_.row(s) + rows.begin, m = rows.size(), n = units.size(), H = spec_.hidden;
    T* dh = dh_ + rows.begin * spec_.out + units.begin;
    if (spec_.projected) {
      std::copy_n(dh, m * spec_.out, dh_all_ + row * spec_.out);
      T* const dm = dm_.data() + rows.begin * H;
      multiply(
          Product<T>{.m = m, .n = H, .k = spec_.out, .a = {dh, spec_.out}, .b = {w_hr_, H}, .c = {dm, H}});
      dh = dm;
    }
    T* const gates = gates_ + row * width_ + units.begin;
    T* const dgates = dgates_ + row * grad_width_ + units.begin;
    const auto before = [&](const T* steps, int64_t ld, const T* start, int64_t ld_start) {
      return s > 0   ? Rows<const T>{steps + (order_.row(s - 1) + rows.begin) * ld + units.begin, ld}
             : start ? Rows<const T>{start + rows.begin * ld_start + units.begin, ld_start}
                     : Rows<const T>{zeros_.data(), 0};
    };
    if (spec_.cell == RecurrentCell::rnn) {
      for (int64_t i = 0; i < m; i++)
        kernels<T>().elementwise.unary_bwd[spec_.activation](n, gates + i * width_,
                                                             y_ + (row + i) * spec_.ld_y + units.begin,
                                                             dh + i * H, dgates + i * grad_width_, nullptr);
    } else if (spec_.cell == RecurrentCell::gru) {
      const Rows<const T> h = before(y_, spec_.ld_y, h0_, spec_.out);
      GruCells<T> cells{};
      cells.rows = m, cells.units = n, cells.hidden = H;
      cells.gates = gates, cells.ld_gates = width_;
      cells.hn = state_ + row * H + units.begin;
      cells.h_before = h.data, cells.ld_before = h.ld;
      cells.dh = dh, cells.dgates = dgates;
      kernels<T>().recurrent.gru_bwd(cells);
    } else {
      const Rows<const T> c = before(state_, H, c0_, H);
      LstmCells<T> cells{};
      cells.rows = m, cells.units = n, cells.hidden = H;
      cells.gates = gates, cells.ld_gates = width_;
      cells.c_before = c.data, cells.ld_before = c.ld;
      cells.c = state_ + row * H + units.begin;
      cells.dh = dh, cells.dc = dc_ + rows.begin * H + units.begin, cells.dgates = dgates;
      kernels<T>().recurrent.lstm_bwd(cells);
    }
  }

  const RecurrentSpec& spec_;
  const RecurrentOrder order_;
  const T *const w_hh_, *const w_hr_, *const h0_, *const c0_, *const y_;
  T *const gates_, *const state_;  // read only
  const T *const dy_, *const dh_n_, *const dc_n_;
  T *const dgates_, *const dh_all_, *const dh0_, *const dc0_;
  const int64_t width_, grad_width_;
  const Scratch<T> dh_own_, dc_own_, dm_, zeros_;
  T *const dh_, *const dc_;
};

}  // namespace

void run(const RecurrentBwd& k) {
  visit_float(k.w_hh.dtype, [&](auto zero) { RecurrentBackward<decltype(zero)>{k}; });
}

}  // namespace nncore::cpu
