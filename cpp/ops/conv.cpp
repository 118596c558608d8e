#include "conv.h"

#include "../autograd/tape.h"
#include "../backend/backend.h"
#include "../backend/kernels/conv.h"
#include "composed/composed.h"
#include "made.h"
#include "reduce.h"
#include "rows.h"
#include "windows.h"

namespace nncore::ops {

namespace {

constexpr const char* names[] = {"conv1d", "conv2d", "conv3d"};
constexpr const char* transposed_names[] = {"conv_transpose1d", "conv_transpose2d", "conv_transpose3d"};

// The operands as both ops need them: the input with an axis of samples.
void check_operands(const char* op, int axes, const Tensor& x, const Tensor& w, const Tensor& b,
                    int64_t groups) {
  float_only(op, "the input", x);
  check<TypeError>(w.dtype() == x.dtype(), op, ": the input is ", x.dtype(), " but the weight is ", w.dtype(),
                   "; convert one of them with .to()");
  check(x.ndim() == axes + 1 || x.ndim() == axes + 2, op, ": the input has shape ", x.shape(), "; expected ",
        plane_layouts[axes - 1]);
  check(w.ndim() == axes + 2, op, ": the weight has shape ", w.shape(), "; expected ", axes + 2,
        " axes: two of channels and ", axes, " of the kernel");
  check(groups > 0 && groups <= most_along, op, ": groups is ", groups, "; expected a number from 1 to ",
        most_along);
  check(w.size(0) % groups == 0, op, ": ", w.size(0), " filters, of a weight of shape ", w.shape(),
        ", do not divide into ", groups, " groups");
  for (int a = 0; a < axes; a++)
    check(w.size(2 + a) > 0 && w.size(2 + a) <= most_along, op, ": the weight has shape ", w.shape(),
          "; a kernel must have at least one element");
  if (!b.defined()) return;
  check<TypeError>(b.dtype() == x.dtype(), op, ": the input is ", x.dtype(), " but the bias is ", b.dtype(),
                   "; convert one of them with .to()");
}
void check_bias(const char* op, const Tensor& b, int64_t filters) {
  check(!b.defined() || b.shape() == Shape{filters}, op, ": bias has shape ", b.shape(), "; expected (",
        filters, ",), one number per filter");
}

// The sizes that an input (N, C, in), with `channels` of the convolution's input, shares with a transposed one.
Convolution sizes_of(int axes, const Tensor& x, const Tensor& w, int64_t groups) {
  Convolution s{.n = x.size(0),
                .channels = w.size(1) * groups,
                .filters = w.size(0),
                .groups = groups,
                .in = {1, 1, 1},
                .out = {1, 1, 1},
                .kernel = {1, 1, 1},
                .stride = {1, 1, 1},
                .pad = {},
                .dilation = {1, 1, 1}};
  for (int a = 0; a < axes; a++) s.kernel[3 - axes + a] = w.size(2 + a);
  return s;
}

// Sets the last `axes` numbers of a setting.
void set(int64_t (&to)[3], const char* op, const char* name, const Shape& given, int axes, int64_t least) {
  for (int a = 0; a < axes; a++) to[3 - axes + a] = size_along(op, name, given, axes, a, least);
}

Shape shape_of(int64_t n, int64_t channels, const int64_t (&sizes)[3], int axes) {
  Shape shape = {n, channels};
  for (int a = 3 - axes; a < 3; a++) shape.push_back(sizes[a]);
  return shape;
}

constexpr int64_t not_channels[] = {0, 2, 3, 4};

// The sums over samples and pixels.
Tensor bias_gradient(const Tensor& dy) {
  return sum(dy, std::span(not_channels).first(size_t(dy.ndim() - 1)), false);
}

Tensor input_gradient(const Tensor& dy, const Tensor& w, const Shape& shape, const Convolution& s) {
  const Tensor dx = empty(shape, dy);
  submit(ConvInputBwd{.dy = dy, .w = w, .dx = dx, .shape = s});
  return dx;
}

Tensor weight_gradient(const Tensor& dy, const Tensor& x, const Shape& shape, const Convolution& s) {
  const Tensor dw = empty(shape, dy);
  submit(ConvWeightBwd{.dy = dy, .x = x, .dw = dw, .shape = s});
  return dw;
}

}  // namespace

Tensor conv(int axes, const Tensor& x, const Tensor& w, const Tensor& b, const ConvSettings& settings) {
  const char* const op = names[axes - 1];
  check_operands(op, axes, x, w, b, settings.groups);
  check_bias(op, b, w.size(0));
  if (x.ndim() == axes + 1)
    return squeeze(conv(axes, unsqueeze(x, 0), w, b, settings), std::array<int64_t, 1>{0});
  Convolution s = sizes_of(axes, x, w, settings.groups);
  check(x.size(1) == s.channels, op, ": the input ", x.shape(), " has ", x.size(1),
        " channels but a weight of shape ", w.shape(), " in ", s.groups, " groups needs ", s.channels);
  set(s.stride, op, "stride", settings.stride, axes, 1);
  set(s.pad, op, "padding", settings.padding, axes, 0);
  set(s.dilation, op, "dilation", settings.dilation, axes, 1);
  for (int a = 3 - axes; a < 3; a++) {
    s.in[a] = x.size(a + axes - 1);
    const int64_t reach = s.dilation[a] * (s.kernel[a] - 1);
    if (settings.same) {
      check(s.stride[a] == 1, op, ": padding is 'same' but stride is ", settings.stride,
            "; expected stride 1, or give the padding as numbers");
      s.pad[a] = reach / 2;
    }
    const int64_t padded = s.in[a] + (settings.same ? reach : 2 * s.pad[a]);
    check(padded > reach, op, ": the kernel reaches over ", reach + 1, " elements (size ", s.kernel[a],
          ", dilation ", s.dilation[a], ") but the padded input has ", padded, " along axis ", a + axes - 1,
          " of ", x.shape());
    s.out[a] = (padded - reach - 1) / s.stride[a] + 1;
  }
  if (!runs<ConvFwd, ConvInputBwd, ConvWeightBwd>(x))
    return composed::conv(axes, x, w, b, s, settings.activation);
  const int activation = settings.activation;
  const Shape shape = shape_of(s.n, s.filters, s.out, axes);
  Tensor y = made(op, shape, x.dtype(), x.device());
  Tape tape{x, w, b};
  const Needs needs = activation >= 0 ? unary_info[activation].needs : Needs::none;
  const Tensor z = tape && reads(needs, Needs::x) ? empty(shape, x) : Tensor();
  submit(ConvFwd{.x = x, .w = w, .bias = b, .y = y, .pre = z, .shape = s, .activation = activation});
  if (tape)
    tape.record(op, y,
                [=, x = x.saved(w.requires_grad()), w = w.saved(x.requires_grad()),
                 y = reads(needs, Needs::y) ? y.saved() : Tensor(), x_shape = x.shape(),
                 w_shape = w.shape()](const Tensor& dy, InputGrads& d) {
                  const Tensor dz = activation >= 0 ? unary_gradient(activation, z, y, dy) : dy;
                  if (d.needs(0)) d[0] = input_gradient(dz, w, x_shape, s);
                  if (d.needs(1)) d[1] = weight_gradient(dz, x, w_shape, s);
                  if (d.needs(2)) d[2] = bias_gradient(dz);
                });
  return y;
}

Tensor conv_transpose(int axes, const Tensor& x, const Tensor& w, const Tensor& b, const Shape& stride,
                      const Shape& padding, const Shape& output_padding, int64_t groups,
                      const Shape& dilation) {
  const char* const op = transposed_names[axes - 1];
  check_operands(op, axes, x, w, b, groups);
  check_bias(op, b, w.size(1) * groups);
  if (x.ndim() == axes + 1)
    return squeeze(
        conv_transpose(axes, unsqueeze(x, 0), w, b, stride, padding, output_padding, groups, dilation),
        std::array<int64_t, 1>{0});
  Convolution s = sizes_of(axes, x, w, groups);  // whose output is x
  check(x.size(1) == s.filters, op, ": the input ", x.shape(), " has ", x.size(1),
        " channels but the weight ", w.shape(), " needs ", s.filters);
  set(s.stride, op, "stride", stride, axes, 1);
  set(s.pad, op, "padding", padding, axes, 0);
  set(s.dilation, op, "dilation", dilation, axes, 1);
  int64_t more[3] = {};
  set(more, op, "output_padding", output_padding, axes, 0);
  for (int a = 3 - axes; a < 3; a++) {
    check(more[a] < std::max(s.stride[a], s.dilation[a]), op, ": output_padding is ", output_padding,
          "; expected less than the stride, ", s.stride[a], ", or the dilation, ", s.dilation[a]);
    s.out[a] = x.size(a + axes - 1);
    s.in[a] = (s.out[a] - 1) * s.stride[a] - 2 * s.pad[a] + s.dilation[a] * (s.kernel[a] - 1) + more[a] + 1;
    check(s.out[a] > 0 && s.out[a] <= most_along && s.in[a] > 0, op, ": the output would have ", s.in[a],
          " elements along axis ", a + axes - 1, " for an input of shape ", x.shape(), ", stride ",
          s.stride[a], " and padding ", s.pad[a], "; use less padding or a larger input");
  }
  if (!runs<ConvFwd, ConvInputBwd, ConvWeightBwd>(x)) return composed::conv_transpose(axes, x, w, b, s);
  Tensor y = made(op, shape_of(s.n, s.channels, s.in, axes), x.dtype(), x.device());
  submit(ConvInputBwd{.dy = x, .w = w, .bias = b, .dx = y, .shape = s});
  if (Tape tape{x, w, b})
    tape.record(op, y,
                [=, x = x.saved(w.requires_grad()), w = w.saved(x.requires_grad()), x_shape = x.shape(),
                 w_shape = w.shape()](const Tensor& dy, InputGrads& d) {
                  if (d.needs(0)) {
                    d[0] = empty(x_shape, dy);
                    submit(ConvFwd{.x = dy, .w = w, .y = d[0], .shape = s});
                  }
                  if (d.needs(1)) d[1] = weight_gradient(x, dy, w_shape, s);
                  if (d.needs(2)) d[2] = bias_gradient(dy);
                });
  return y;
}

}  // namespace nncore::ops
