// Convolutions and the gradients of their inputs, as correlations.
#include "../../kernels/conv.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include "../../../core/interrupt.h"
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

// The phases that a tap reaches; for a large stride few of them.
std::vector<Phase> reached_phases(const Convolution& s, int a) {
  const int64_t stride = s.stride[a], dilation = s.dilation[a], step = stride / std::gcd(stride, dilation);
  std::vector<Phase> phases;
  for (int64_t tap = 0; tap < std::min(step, s.kernel[a]); tap++) {
    const int64_t rest = (tap * dilation - s.pad[a]) % stride, phase = rest < 0 ? rest + stride : rest;
    if (phase >= s.in[a]) continue;
    phases.push_back({.axis = {.in = s.out[a],
                               .out = s.in[a],
                               .count = ceil_div(s.in[a] - phase, stride),
                               .out_first = phase,
                               .out_step = stride,
                               .taps = ceil_div(s.kernel[a] - tap, step),
                               .first = (phase + s.pad[a] - tap * dilation) / stride,
                               .spacing = -step * dilation / stride},
                      .tap = tap,
                      .tap_step = step});
  }
  return phases;
}

template <class T>
void fill_with_bias(const ConvInputBwd& k, T) {
  const int64_t size = k.shape.inputs();
  for (int64_t i = 0; i < k.shape.n * k.shape.channels; i++)
    std::fill_n(k.dx.as<T>() + i * size, size, k.bias ? k.bias.as<T>()[i % k.shape.channels] : T(0));
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
    std::vector<Phase> phases[3];
    int64_t elements = 1;  // that some tap reaches
    for (int a = 0; a < 3; a++) {
      phases[a] = reached_phases(s, a);
      int64_t reached = 0;
      for (const Phase& phase : phases[a]) reached += phase.axis.count;
      elements *= reached;
    }
    if (elements < s.inputs()) fill_with_bias(k, zero);
    for (const Phase& p0 : phases[0])
      for (const Phase& p1 : phases[1])
        for (const Phase& p2 : phases[2]) {
          if (interrupted()) return;
          Correlation<T> c = input_gradient<T>(k);
          int64_t stride = 1;
          for (int a = 2; a >= 0; a--) {
            const Phase& phase = a == 0 ? p0 : a == 1 ? p1 : p2;
            c.axis[a] = phase.axis;
            c.w += phase.tap * stride;
            c.w_axis[a] = phase.tap_step * stride;
            stride *= s.kernel[a];
          }
          correlate(c);
        }
  });
}

}  // namespace nncore::cpu
