#include "../../backend/kernels/conv.h"

#include "../linear.h"
#include "../shape.h"
#include "composed.h"
#include "parts.h"

namespace nncore::ops::composed {

namespace {

// f(tap, k) for each tap of the kernel and its indices along the three axes
template <class F>
void for_taps(const Convolution& s, F f) {
  int64_t k[3], tap = 0;
  for (k[0] = 0; k[0] < s.kernel[0]; k[0]++)
    for (k[1] = 0; k[1] < s.kernel[1]; k[1]++)
      for (k[2] = 0; k[2] < s.kernel[2]; k[2]++) f(tap++, k);
}

// The weights of a tap: (groups, filters, channels) of one group.
Tensor weights_of(const Tensor& w, int64_t tap, const Convolution& s) {
  const int64_t filters = s.filters / s.groups, channels = s.channels / s.groups;
  const Slice one[] = {{0, 1, s.groups}, {0, 1, filters}, {0, 1, channels}, {tap, 1, 1}};
  return reshape(slice(reshape(w, {s.groups, filters, channels, s.taps()}), one),
                 {s.groups, filters, channels});
}

Tensor finish(const Tensor& sum, const Tensor& b, const Shape& shape, int activation) {
  const int64_t channels = shape[1];
  Tensor z = reshape(sum, {shape[0], channels, shape.span(2, shape.ndim())});
  if (b.defined()) z = add(z, reshape(b, {channels, 1}));
  return reshape(activation >= 0 ? unary(activation, z) : z, shape);
}

Shape shape_of(int64_t n, int64_t channels, const int64_t (&sizes)[3], int axes) {
  Shape shape = {n, channels};
  for (int a = 3 - axes; a < 3; a++) shape.push_back(sizes[a]);
  return shape;
}

// x (n, channels, three axes) with s - 1 zeros after each element of an axis of stride s
Tensor spread(Tensor x, const int64_t (&stride)[3]) {
  for (int a = 0; a < 3; a++) {
    Shape shape = x.shape();
    const int64_t after = shape.span(a + 3, 5), before = shape.span(0, a + 3);
    const int64_t widths[] = {0, 0, 0, stride[a] - 1};
    shape[a + 2] *= stride[a];
    x = reshape(pad_constant(reshape(x, {before, 1, after}), widths, 0), shape);
  }
  return x;
}

}  // namespace

// The sum over the taps of the tap's weights times the input that it reads.
Tensor conv(int axes, const Tensor& x, const Tensor& w, const Tensor& b, const Convolution& s,
            int activation) {
  int64_t widths[6];
  for (int a = 0; a < 3; a++) {
    const int64_t reach = (s.out[a] - 1) * s.stride[a] + (s.kernel[a] - 1) * s.dilation[a] + 1;
    widths[2 * (2 - a)] = s.pad[a],
                    widths[2 * (2 - a) + 1] = std::max<int64_t>(0, reach - s.pad[a] - s.in[a]);
  }
  const Tensor padded = pad_constant(reshape(x, {s.n, s.channels, s.in[0], s.in[1], s.in[2]}), widths, 0);
  Tensor sum;
  for_taps(s, [&](int64_t tap, const int64_t (&k)[3]) {
    Slice part[] = {{0, 1, s.n}, {0, 1, s.channels}, {}, {}, {}};
    for (int a = 0; a < 3; a++) part[a + 2] = {k[a] * s.dilation[a], s.stride[a], s.out[a]};
    const Tensor read = reshape(slice(padded, part), {s.n, s.groups, s.channels / s.groups, s.pixels()});
    const Tensor product = matmul(weights_of(w, tap, s), read);
    sum = sum.defined() ? add(sum, product) : product;
  });
  return finish(sum, b, shape_of(s.n, s.filters, s.out, axes), activation);
}

// The sum over the taps of the tap's weights times x, moved by the tap's position.
Tensor conv_transpose(int axes, const Tensor& x, const Tensor& w, const Tensor& b, const Convolution& s) {
  const Tensor read = reshape(x, {s.n, s.groups, s.filters / s.groups, s.pixels()});
  Tensor sum;
  for_taps(s, [&](int64_t tap, const int64_t (&k)[3]) {
    const Tensor product = matmul(transpose(weights_of(w, tap, s), 1, 2), read);
    Tensor part = spread(reshape(product, {s.n, s.channels, s.out[0], s.out[1], s.out[2]}), s.stride);
    int64_t widths[6];
    for (int a = 0; a < 3; a++) {
      const int64_t left = k[a] * s.dilation[a] - s.pad[a];
      widths[2 * (2 - a)] = left, widths[2 * (2 - a) + 1] = s.in[a] - left - s.out[a] * s.stride[a];
    }
    part = pad_constant(part, widths, 0);
    sum = sum.defined() ? add(sum, part) : part;
  });
  return finish(sum, b, shape_of(s.n, s.channels, s.in, axes), -1);
}

}  // namespace nncore::ops::composed
