#include "../recurrent.h"

#include <vector>

#include "../arrange.h"
#include "../create.h"
#include "../linear.h"
#include "../shape.h"
#include "composed.h"
#include "parts.h"

namespace nncore::ops::composed {

namespace {

struct State {
  Tensor h, c;  // c only for an LSTM
};

Tensor sigmoid(const Tensor& x) { return apply<formulas::Sigmoid>(x); }
Tensor tanh(const Tensor& x) { return apply<formulas::Tanh>(x); }

// One step of one direction; from_x = x w_ih^T + b_ih.
State step(RecurrentCell cell, int activation, const Tensor& from_x, const State& before,
           const RecurrentWeights& w) {
  const Tensor from_h = ops::linear(before.h, w.w_hh, w.b_hh, -1);
  if (cell == RecurrentCell::rnn) return {unary(activation, add(from_x, from_h)), {}};
  if (cell == RecurrentCell::lstm) {
    const auto gates = chunk(add(from_x, from_h), 4, 1);
    const Tensor i = sigmoid(gates[0]), f = sigmoid(gates[1]), g = tanh(gates[2]), o = sigmoid(gates[3]);
    const Tensor c = add(multiply(f, before.c), multiply(i, g)), h = multiply(o, tanh(c));
    return {w.w_hr.defined() ? ops::linear(h, w.w_hr, {}, -1) : h, c};
  }
  const auto x = chunk(from_x, 3, 1), h = chunk(from_h, 3, 1);
  const Tensor r = sigmoid(add(x[0], h[0])), z = sigmoid(add(x[1], h[1])),
               n = tanh(add(x[2], multiply(r, h[2])));
  return {add(multiply(apply<formulas::RsubScalar>(z, {1}), n), multiply(z, before.h)), {}};
}

}  // namespace

RecurrentResult recurrent(RecurrentCell cell, int activation, const Tensor& x, const Tensor& h0,
                          const Tensor& c0, std::span<const RecurrentWeights> directions) {
  const size_t steps = size_t(x.size(0));
  const bool lstm = cell == RecurrentCell::lstm;
  const auto initial = [&](const Tensor& t, size_t d, int64_t width) {
    return t.defined() ? unbind(t, 0)[d] : zeros({x.size(1), width}, x);
  };
  std::vector<Tensor> ys, last_h, last_c;
  for (size_t d = 0; d < directions.size(); d++) {
    const RecurrentWeights& w = directions[d];
    const int64_t hidden = w.w_hr.defined() ? w.w_hr.size(1) : w.w_hh.size(1);
    State state = {initial(h0, d, w.w_hh.size(1)), lstm ? initial(c0, d, hidden) : Tensor()};
    const auto from_x = unbind(ops::linear(x, w.w_ih, w.b_ih, -1), 0);
    std::vector<Tensor> y(steps);
    for (size_t i = 0; i < steps; i++) {
      const size_t t = d == 1 ? steps - 1 - i : i;  // the second direction runs backwards
      state = step(cell, activation, from_x[t], state, w);
      y[t] = state.h;
    }
    ys.push_back(stack(y, 0));
    last_h.push_back(state.h);
    last_c.push_back(state.c);
  }
  return {cat(ys, 2), stack(last_h, 0), lstm ? stack(last_c, 0) : Tensor()};
}

}  // namespace nncore::ops::composed
