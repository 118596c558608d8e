#pragma once
#include <cstdint>

namespace nncore {

// The cells of a recurrent layer, `units` per row. In arrays of several gates, the gates are `hidden` apart.
// Each array has its own distance between rows.
template <class T>
struct LstmCells {
  int64_t rows, units, hidden;
  T* gates;  // i f g o. Forward applies their activations in place; backward reads the results.
  int64_t ld_gates;
  const T* c_before;
  int64_t ld_before;
  T* c;  // rows of c, h and the gradients are `hidden` apart
  T* h;
  int64_t ld_h;
  // backward
  const T* dh;
  T* dc;      // in: the gradient of c from later steps; out: the gradient of c_before
  T* dgates;  // the gradients of the gates before their activations
};

template <class T>
struct GruCells {
  int64_t rows, units, hidden;
  T* gates;  // r z n
  int64_t ld_gates;
  const T* hn;  // W_hn h + b_hn
  const T* h_before;
  int64_t ld_before;
  T* h;
  int64_t ld_h;
  // backward
  T* dh;      // in: the gradient of h; out: the part of the gradient of h_before that is not from products
  T* dgates;  // r z n, then hn
};

template <class T>
struct RecurrentKernels {
  void (*lstm_fwd)(const LstmCells<T>&);
  void (*lstm_bwd)(const LstmCells<T>&);
  void (*gru_fwd)(const GruCells<T>&);
  void (*gru_bwd)(const GruCells<T>&);
};

}  // namespace nncore
