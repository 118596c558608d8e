// Recurrent layers over whole sequences.
#pragma once
#include <array>
#include <span>

#include "../backend/kernels/recurrent.h"
#include "../core/tensor.h"

namespace nncore::ops {

// The parameters of one direction, in PyTorch's layouts: w_ih (gates * hidden, in), w_hh (gates * hidden,
// out), b_ih and b_hh (gates * hidden) or undefined, w_hr (out, hidden) if h is projected.
struct RecurrentWeights {
  Tensor w_ih, w_hh, b_ih, b_hh, w_hr;
};

struct RecurrentResult {
  Tensor y, h_n, c_n;  // c_n only for an LSTM
};

// One layer; the second direction, if any, runs backwards. x (steps, batch, in); h0 and c0 (directions,
// batch, ...) or undefined, which means zeros; y (steps, batch, directions * out). activation: index in
// UnaryOps, for a plain RNN.
RecurrentResult recurrent(RecurrentCell cell, int activation, const Tensor& x, const Tensor& h0,
                          const Tensor& c0, std::span<const RecurrentWeights> directions);

}  // namespace nncore::ops
