// The engine of convolutions. A correlation is a product without a second operand in memory: its rows are the
// filters, its columns the positions of the output, and k runs over the input's channels and the kernel's
// taps. The forward pass of a convolution is one correlation, the gradient of its input one for each phase of
// the stride. docs/convolutions.md explains the design.
#pragma once
#include <cstdint>
#include <cstdlib>

namespace nncore::cpu {

// Along one axis: position o of the output reads input element o * step + first + t * spacing for tap t.
// Elements outside the input are zero.
struct Axis {
  int64_t in = 1, out = 1;                   // elements of input and output
  int64_t count = 1, step = 1;               // positions that are computed
  int64_t out_first = 0, out_step = 1;       // the output's element of position o: out_first + o * out_step
  int64_t taps = 1, first = 0, spacing = 1;  // spacing may be negative

  // The element that position 0 reads first, and how many elements later it reads the last.
  int64_t lowest() const { return spacing < 0 ? first + (taps - 1) * spacing : first; }
  int64_t span() const { return taps > 0 ? (taps - 1) * std::abs(spacing) : 0; }
};

// y[n, g, r, o] = activation(bias[g, r] + sum over c and t of w[g, r, c, t] x[n, g, c, element of o and t]),
// one chain in order of c and t (backend/order.h).
template <class T>
struct Correlation {
  int64_t n, groups, channels, rows;  // channels and rows of one group
  Axis axis[3];
  const T* x;  // (n, groups, channels, in)
  const T* w;
  int64_t w_group, w_row, w_channel, w_axis[3];  // strides
  const T* bias = nullptr;                       // (groups, rows)
  T* z;                                          // (n, groups, rows, out): before the activation
  T* y;                                          // the same, after it; may be z
  int activation = -1;

  int64_t inputs() const { return axis[0].in * axis[1].in * axis[2].in; }
  int64_t outputs() const { return axis[0].out * axis[1].out * axis[2].out; }
  int64_t positions() const { return axis[0].count * axis[1].count * axis[2].count; }
  int64_t taps() const { return axis[0].taps * axis[1].taps * axis[2].taps; }
  int64_t k() const { return channels * taps(); }
  // The first axis with several positions, along which strips are cut.
  int across() const { return axis[0].count > 1 ? 0 : axis[1].count > 1 ? 1 : 2; }
};

template <class T>
void correlate(const Correlation<T>& c);

// The same with rows in the registers instead of positions (points.cpp), which suits many rows and positions that
// fill registers badly.
template <class T>
bool prefers_points(const Correlation<T>& c);
template <class T>
void correlate_points(const Correlation<T>& c);

}  // namespace nncore::cpu
