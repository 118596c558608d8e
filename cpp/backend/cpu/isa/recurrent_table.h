#pragma once
#include <cstdint>

namespace nncore {

// Rows of the cells of a recurrent layer, `units` of them in each row. Arrays of several gates hold them
// `hidden` apart; each array has its own row length.
template <class T>
struct LstmCells {
  int64_t rows, units, hidden;
  T* gates;  // i f g o: before their activations on the way in, after them on the way out; backward reads
             // them
  int64_t ld_gates;
  const T* c_before;
  int64_t ld_before;
  T* c;  // hidden apart from row to row, as are h and the gradients
  T* h;
  int64_t ld_h;
  // backward
  const T* dh;
  T* dc;      // in: of c from later steps; out: of c_before
  T* dgates;  // before the activations
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
  T* dh;      // in: of h; out: what goes to h_before past the products
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
