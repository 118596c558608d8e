// Convolutions and their gradients, whose operands end at protected pages.
#include "backend/kernels/conv.h"

#include "backend/cpu/dispatch.h"
#include "check.h"

namespace nncore::cpu {
void run(const ConvFwd& k);
void run(const ConvInputBwd& k);
void run(const ConvWeightBwd& k);
}  // namespace nncore::cpu

namespace nncore::test {
namespace {

template <class O, class T>
O operand(Buffer<T>& buffer) {
  O o;
  o.data = buffer.data(), o.bytes = buffer.size() * int64_t(sizeof(T));
  o.dtype = sizeof(T) == 4 ? DType::float32 : DType::float64;
  return o;
}

struct Sizes {
  int64_t n, channels, filters, groups, height, width, kernel, stride, pad, dilation;
};

Convolution shape_of(const Sizes& s) {
  const auto out = [&](int64_t in) {
    return (in + 2 * s.pad - s.dilation * (s.kernel - 1) - 1) / s.stride + 1;
  };
  return {s.n,
          s.channels,
          s.filters,
          s.groups,
          {1, s.height, s.width},
          {1, out(s.height), out(s.width)},
          {1, s.kernel, s.kernel},
          {1, s.stride, s.stride},
          {0, s.pad, s.pad},
          {1, s.dilation, s.dilation}};
}

constexpr Sizes all_sizes[] = {
    {1, 1, 1, 1, 1, 1, 1, 1, 0, 1},     {2, 3, 7, 1, 9, 11, 3, 1, 1, 1},   {3, 6, 16, 1, 14, 14, 5, 1, 0, 1},
    {2, 4, 6, 2, 7, 9, 3, 2, 1, 1},     {2, 2, 3, 1, 11, 8, 3, 1, 2, 2},   {5, 8, 20, 1, 7, 7, 3, 1, 1, 1},
    {2, 17, 33, 1, 12, 12, 1, 1, 0, 1}, {1, 3, 5, 1, 23, 29, 4, 3, 2, 1},  {2, 8, 8, 8, 20, 18, 3, 1, 1, 1},
    {1, 32, 14, 1, 6, 33, 3, 1, 1, 1},  {1, 140, 3, 1, 4, 4, 6, 1, 3, 1},  {1, 1, 2, 1, 80, 60, 3, 1, 1, 1},
    {3, 16, 48, 1, 7, 7, 3, 1, 1, 1},   {1, 460, 48, 1, 5, 5, 3, 1, 1, 1}, {2, 40, 98, 2, 13, 9, 3, 2, 1, 2},
    {1, 600, 47, 1, 9, 7, 1, 1, 0, 1},
};

}  // namespace

template <class T>
void run_conv(const LevelKernels<T>&, Log& log) {
  for (const Sizes& s : all_sizes) {
    const Convolution c = shape_of(s);
    const std::string label =
        name("n=%d channels=%d filters=%d groups=%d in=%dx%d kernel=%d stride=%d", int(s.n), int(s.channels),
             int(s.filters), int(s.groups), int(s.height), int(s.width), int(s.kernel), int(s.stride));
    Buffer<T> x(s.n * s.channels * c.inputs()), w(s.filters * s.channels / s.groups * c.taps()),
        bias(s.filters), y(s.n * s.filters * c.pixels()), dx(x.size()), dw(w.size()), dy(y.size());
    fill(x, 1, Kind::plain), fill(w, 2, Kind::plain), fill(bias, 3, Kind::plain), fill(dy, 4, Kind::plain);
    cpu::run(ConvFwd{.x = operand<In>(x),
                     .w = operand<In>(w),
                     .bias = operand<In>(bias),
                     .y = operand<Out>(y),
                     .shape = c});
    cpu::run(ConvInputBwd{.dy = operand<In>(dy), .w = operand<In>(w), .dx = operand<Out>(dx), .shape = c});
    cpu::run(ConvWeightBwd{.dy = operand<In>(dy), .x = operand<In>(x), .dw = operand<Out>(dw), .shape = c});
    log.add("conv.fwd", label, y);
    log.add("conv.input_bwd", label, dx);
    log.add("conv.weight_bwd", label, dw);
  }
}

template void run_conv(const LevelKernels<float>&, Log&);
template void run_conv(const LevelKernels<double>&, Log&);

}  // namespace nncore::test
