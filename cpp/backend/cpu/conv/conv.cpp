// Convolutions and the gradients of their inputs, as correlations.
#include "../../kernels/conv.h"

#include <numeric>

#include "../span.h"
#include "correlation.h"

namespace nncore::cpu {

namespace {

// Along one axis of a convolution, the taps that reach the input elements phase, phase + stride, ...: element
// phase + i stride is read by output o and tap k with o stride = phase + i stride + pad - k dilation.
struct Phase {
  Axis axis;
  int64_t tap, tap_step;  // the first tap, and from tap to tap
};
Phase phase_of(const Convolution& s, int a, int64_t phase) {
  const int64_t stride = s.stride[a], dilation = s.dilation[a], step = stride / std::gcd(stride, dilation);
  const auto rest = [&](int64_t tap) { return phase + s.pad[a] - tap * dilation; };
  int64_t tap = 0;
  while (tap < step && rest(tap) % stride != 0) tap++;
  const bool reached = tap < step && tap < s.kernel[a];
  return {.axis = {.in = s.out[a],
                   .out = s.in[a],
                   .count = s.in[a] > phase ? ceil_div(s.in[a] - phase, stride) : 0,
                   .out_first = phase,
                   .out_step = stride,
                   .taps = reached ? ceil_div(s.kernel[a] - tap, step) : 0,
                   .first = reached ? rest(tap) / stride : 0,
                   .spacing = -step * dilation / stride},
          .tap = tap,
          .tap_step = step};
}

template <class T>
Correlation<T> input_gradient(const ConvInputBwd& k) {
  const Convolution& s = k.shape;
  const int64_t channels = s.channels / s.groups, filters = s.filters / s.groups, taps = s.taps();
  return {.n = s.n,
          .groups = s.groups,
          .channels = filters,
          .rows = channels,
          .axis = {},
          .x = k.dy.as<T>(),
          .w = k.w.as<T>(),
          .w_group = filters * channels * taps,
          .w_row = taps,
          .w_channel = channels * taps,
          .w_axis = {},
          .bias = k.bias.as<T>(),
          .z = k.dx.as<T>(),
          .y = k.dx.as<T>()};
}

}  // namespace

void run(const ConvFwd& k) {
  visit_float(k.x.dtype, [&](auto zero) {
    using T = decltype(zero);
    const Convolution& s = k.shape;
    const int64_t channels = s.channels / s.groups, filters = s.filters / s.groups, taps = s.taps();
    Correlation<T> c = {.n = s.n,
                        .groups = s.groups,
                        .channels = channels,
                        .rows = filters,
                        .axis = {},
                        .x = k.x.as<T>(),
                        .w = k.w.as<T>(),
                        .w_group = filters * channels * taps,
                        .w_row = channels * taps,
                        .w_channel = taps,
                        .w_axis = {s.kernel[1] * s.kernel[2], s.kernel[2], 1},
                        .bias = k.bias.as<T>(),
                        .z = k.pre ? k.pre.as<T>() : k.y.as<T>(),
                        .y = k.y.as<T>(),
                        .activation = k.activation};
    for (int a = 0; a < 3; a++) {
      Axis& axis = c.axis[a];
      axis.in = s.in[a], axis.out = axis.count = s.out[a], axis.step = s.stride[a];
      axis.taps = s.kernel[a], axis.first = -s.pad[a], axis.spacing = s.dilation[a];
    }
    correlate(c);
  });
}

void run(const ConvInputBwd& k) {
  visit_float(k.dy.dtype, [&](auto zero) {
    using T = decltype(zero);
    const Convolution& s = k.shape;
    int64_t p[3];
    for (p[0] = 0; p[0] < s.stride[0]; p[0]++)
      for (p[1] = 0; p[1] < s.stride[1]; p[1]++)
        for (p[2] = 0; p[2] < s.stride[2]; p[2]++) {
          Correlation<T> c = input_gradient<T>(k);
          int64_t stride = 1;
          for (int a = 2; a >= 0; a--) {
            const Phase phase = phase_of(s, a, p[a]);
            c.axis[a] = phase.axis;
            if (phase.axis.taps > 0) c.w += phase.tap * stride;
            c.w_axis[a] = phase.tap_step * stride;
            stride *= s.kernel[a];
          }
          correlate(c);
        }
  });
}

}  // namespace nncore::cpu
