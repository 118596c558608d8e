// Convolutions and transposed convolutions over one to three axes.
#pragma once
#include "../core/tensor.h"

namespace nncore::ops {

// One number for all axes, or one for each.
struct ConvSettings {
  Shape stride = {1}, padding = {0}, dilation = {1};
  int64_t groups = 1;
  bool same = false;    // the padding keeps the size of the input; replaces `padding`
  int activation = -1;  // index in UnaryOps; -1: none
};

// activation(the convolution of x with w, plus b): x (N, C, in) or (C, in), w (filters, C / groups, kernel), b
// (filters) or undefined. `in` has `axes` axes.
Tensor conv(int axes, const Tensor& x, const Tensor& w, const Tensor& b, const ConvSettings& settings);

// The transposed convolution: w (C, filters / groups, kernel); output_padding adds elements at the end.
Tensor conv_transpose(int axes, const Tensor& x, const Tensor& w, const Tensor& b, const Shape& stride,
                      const Shape& padding, const Shape& output_padding, int64_t groups,
                      const Shape& dilation);

}  // namespace nncore::ops
