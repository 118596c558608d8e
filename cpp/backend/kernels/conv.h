// Convolutions over up to three axes: depth, height and width.
#pragma once
#include "../cost.h"
#include "../kernel.h"

namespace nncore {

// y[n, f, o] = sum over c and k of w[f, c, k] x[n, c, o stride - pad + k dilation] for x (n, channels, in), w
// (filters, channels / groups, kernel) and y (n, filters, out); x is 0 outside its memory. Missing leading
// axes have size 1. Each group of filters reads its own group of channels.
struct Convolution {
  int64_t n, channels, filters, groups;
  int64_t in[3], out[3], kernel[3], stride[3], pad[3], dilation[3];

  int64_t inputs() const { return in[0] * in[1] * in[2]; }
  int64_t pixels() const { return out[0] * out[1] * out[2]; }
  int64_t taps() const { return kernel[0] * kernel[1] * kernel[2]; }
  double multiply_adds() const {
    return double(n * filters) * double(pixels()) * double(channels / groups * taps());
  }
  std::string text() const;
  bool operator==(const Convolution&) const = default;
};

// y = activation(z), z = the convolution of x with w, plus a bias per filter; pre stores z.
struct ConvFwd {
  static constexpr Kernel kernel = Kernel::conv_fwd;
  In x, w, bias = {};
  Out y, pre = {};
  Convolution shape;
  int activation = -1;  // index in UnaryOps; -1: none

  int64_t cost() const { return flop_cost(shape.multiply_adds()) + byte_cost(x.bytes + 2 * y.bytes); }
  double flops() const { return 2 * shape.multiply_adds(); }
  std::string text() const { return shape.text(); }
  bool operator==(const ConvFwd&) const = default;
};

// dx, the gradient of the input, plus a bias per channel; also a transposed convolution of dy.
struct ConvInputBwd {
  static constexpr Kernel kernel = Kernel::conv_input_bwd;
  In dy, w, bias = {};
  Out dx;
  Convolution shape;

  int64_t cost() const { return flop_cost(shape.multiply_adds()) + byte_cost(dy.bytes + 2 * dx.bytes); }
  double flops() const { return 2 * shape.multiply_adds(); }
  std::string text() const { return shape.text(); }
  bool operator==(const ConvInputBwd&) const = default;
};

// dw, the gradient of the weight.
struct ConvWeightBwd {
  static constexpr Kernel kernel = Kernel::conv_weight_bwd;
  In dy, x;
  Out dw;
  Convolution shape;

  int64_t cost() const { return flop_cost(shape.multiply_adds()) + byte_cost(dy.bytes + 2 * x.bytes); }
  double flops() const { return 2 * shape.multiply_adds(); }
  std::string text() const { return shape.text(); }
  bool operator==(const ConvWeightBwd&) const = default;
};

}  // namespace nncore
