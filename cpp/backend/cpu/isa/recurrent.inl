// Cells of recurrent layers: gates, state and output in one pass over a row.
#include "../../math.h"

template <class V, class T>
struct Row {
  int64_t n;
  V read(const T* p, int64_t i) const { return load_some<V>(p + i, n - i); }
  void write(T* p, int64_t i, V v) const { store_some(p + i, v, n - i); }
};

// c = f c_before + i g, h = o tanh(c)
template <class T>
NNCORE_FLATTEN void lstm_fwd(const nncore::LstmCells<T>& a) {
  using V = Lanes<T>;
  const Row<V, T> row{a.units};
  const int64_t gate = a.hidden;
  for (int64_t r = 0; r < a.rows; r++) {
    T* const z = a.gates + r * a.ld_gates;
    const T* const before = a.c_before + r * a.ld_before;
    for (int64_t j = 0; j < a.units; j += V::lanes) {
      const V i = sigmoid(row.read(z, j)), f = sigmoid(row.read(z + gate, j));
      row.write(z, j, i);
      row.write(z + gate, j, f);
      const V g = tanh(row.read(z + 2 * gate, j));
      row.write(z + 2 * gate, j, g);
      const V c = fma(f, row.read(before, j), i * g);
      row.write(a.c + r * gate, j, c);
      const V o = sigmoid(row.read(z + 3 * gate, j));
      row.write(z + 3 * gate, j, o);
      row.write(a.h + r * a.ld_h, j, o * tanh(c));
    }
  }
}

// s (1 - s) d for a sigmoid's value s; (1 - t^2) d for a tanh's value t
template <class V, class T = typename V::Scalar>
NNCORE_INLINE V sigmoid_slope(V s, V d) {
  return fma(-s, s, s) * d;
}
template <class V, class T = typename V::Scalar>
NNCORE_INLINE V tanh_slope(V t, V d) {
  return fma(-t, t, V(T(1))) * d;
}

template <class T>
NNCORE_FLATTEN void lstm_bwd(const nncore::LstmCells<T>& a) {
  using V = Lanes<T>;
  const Row<V, T> row{a.units};
  const int64_t gate = a.hidden;
  for (int64_t r = 0; r < a.rows; r++) {
    const T* const y = a.gates + r * a.ld_gates;
    const T* const before = a.c_before + r * a.ld_before;
    T* const dz = a.dgates + r * a.ld_gates;
    T* const dc = a.dc + r * gate;
    for (int64_t j = 0; j < a.units; j += V::lanes) {
      const V i = row.read(y, j), f = row.read(y + gate, j), g = row.read(y + 2 * gate, j),
              o = row.read(y + 3 * gate, j), dh = row.read(a.dh + r * gate, j);
      const V t = tanh(row.read(a.c + r * gate, j));
      const V d = row.read(dc, j) + tanh_slope(t, dh * o);
      row.write(dz, j, sigmoid_slope(i, d * g));
      row.write(dz + gate, j, sigmoid_slope(f, d * row.read(before, j)));
      row.write(dz + 2 * gate, j, tanh_slope(g, d * i));
      row.write(dz + 3 * gate, j, sigmoid_slope(o, dh * t));
      row.write(dc, j, d * f);
    }
  }
}

// n = tanh(n + r hn), h = n + z (h_before - n)
template <class T>
NNCORE_FLATTEN void gru_fwd(const nncore::GruCells<T>& a) {
  using V = Lanes<T>;
  const Row<V, T> row{a.units};
  const int64_t gate = a.hidden;
  for (int64_t k = 0; k < a.rows; k++) {
    T* const y = a.gates + k * a.ld_gates;
    const T* const before = a.h_before + k * a.ld_before;
    for (int64_t j = 0; j < a.units; j += V::lanes) {
      const V r = sigmoid(row.read(y, j)), z = sigmoid(row.read(y + gate, j));
      row.write(y, j, r);
      row.write(y + gate, j, z);
      const V n = tanh(fma(r, row.read(a.hn + k * gate, j), row.read(y + 2 * gate, j)));
      row.write(y + 2 * gate, j, n);
      row.write(a.h + k * a.ld_h, j, fma(z, row.read(before, j) - n, n));
    }
  }
}

template <class T>
NNCORE_FLATTEN void gru_bwd(const nncore::GruCells<T>& a) {
  using V = Lanes<T>;
  const Row<V, T> row{a.units};
  const int64_t gate = a.hidden;
  for (int64_t k = 0; k < a.rows; k++) {
    const T* const y = a.gates + k * a.ld_gates;
    const T* const before = a.h_before + k * a.ld_before;
    T* const dh = a.dh + k * gate;
    T* const dz = a.dgates + k * 4 * gate;
    for (int64_t j = 0; j < a.units; j += V::lanes) {
      const V r = row.read(y, j), z = row.read(y + gate, j), n = row.read(y + 2 * gate, j),
              d = row.read(dh, j);
      const V dn = tanh_slope(n, fma(-z, d, d));
      row.write(dz, j, sigmoid_slope(r, dn * row.read(a.hn + k * gate, j)));
      row.write(dz + gate, j, sigmoid_slope(z, d * (row.read(before, j) - n)));
      row.write(dz + 2 * gate, j, dn);
      row.write(dz + 3 * gate, j, dn * r);
      row.write(dh, j, d * z);
    }
  }
}

template <class T>
constexpr nncore::RecurrentKernels<T> make_kernels() {
  return {lstm_fwd<T>, lstm_bwd<T>, gru_fwd<T>, gru_bwd<T>};
}

constexpr nncore::Family<nncore::RecurrentKernels> kernels = {make_kernels<float>(), make_kernels<double>()};
