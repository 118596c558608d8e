#include "create.h"

#include <cmath>

#include "../backend/backend.h"
#include "cost.h"

namespace nncore::ops {

namespace {

void fill(const Tensor& y, FillAttrs attrs) {
  attrs.n = y.numel();
  submit(Call(Kernel::fill, byte_cost(int64_t(y.bytes())), attrs, out(y)));
}

int64_t as_integer(double v) { return std::isfinite(v) && std::fabs(v) < 9e18 ? int64_t(v) : 0; }

}  // namespace

IntegerRange range_of(DType dtype) {
  if (dtype == DType::int32) return {INT32_MIN, INT32_MAX};
  if (dtype == DType::uint8) return {0, UINT8_MAX};
  if (dtype == DType::boolean) return {0, 1};
  return {INT64_MIN, INT64_MAX};
}

Tensor full(const Shape& shape, double value, DType dtype) {
  check_sizes("full", shape, size_of(dtype));
  Tensor y = empty(shape, dtype);
  fill_(y, value);
  return y;
}

Tensor full_integer(const Shape& shape, int64_t value, DType dtype) {
  check_sizes("full", shape, size_of(dtype));
  Tensor y = empty(shape, dtype);
  fill(y, {0, double(value), 0, value, 0});
  return y;
}

Tensor arange(double start, double end, double step, DType dtype) {
  check(std::isfinite(start) && std::isfinite(end) && std::isfinite(step) && step != 0, "arange: start ",
        start, ", end ", end, " and step ", step, " must be finite and step not 0");
  check((end - start) * step >= 0, "arange: step ", step, " does not lead from ", start, " to ", end);
  const double count = std::ceil((end - start) / step);
  check(count < 9e15, "arange: ", count, " elements are more than memory can hold");
  Tensor y = empty({int64_t(count)}, dtype);
  fill(y, {0, start, step, as_integer(start), as_integer(step)});
  return y;
}

Tensor arange_integer(int64_t start, int64_t end, int64_t step, DType dtype) {
  check(step != 0, "arange: step is 0");
  check((step > 0) == (end > start) || start == end, "arange: step ", step, " does not lead from ", start,
        " to ", end);
  const uint64_t distance = step > 0 ? uint64_t(end) - uint64_t(start) : uint64_t(start) - uint64_t(end);
  const uint64_t stride = step > 0 ? uint64_t(step) : -uint64_t(step),
                 count = distance / stride + (distance % stride > 0);
  check(count < uint64_t(9e15), "arange: ", count, " elements are more than memory can hold");
  Tensor y = empty({int64_t(count)}, dtype);
  fill(y, {0, double(start), double(step), start, step});
  return y;
}

Tensor linspace(double start, double end, int64_t steps, DType dtype) {
  check(steps >= 0, "linspace: steps is ", steps, " but must be 0 or more");
  check<TypeError>(is_floating(dtype), "linspace: expected a floating-point dtype, got ", dtype);
  Tensor y = empty({steps}, dtype);
  fill(y, {0, start, steps > 1 ? (end - start) / double(steps - 1) : 0, 0, 0});
  if (steps > 1)  // the last is end itself, not a rounded sum
    fill_(Tensor(y.impl()->storage, int64_t(y.bytes() - size_of(dtype)), {1}, dtype), end);
  return y;
}

Tensor eye(int64_t n, int64_t m, DType dtype) {
  Tensor y = full({n, m}, 0, dtype);
  const Tensor one = full({1}, 1, dtype);
  const int64_t diagonal = std::min(n, m);
  if (diagonal > 0) {
    const CopyAttrs attrs = {1, false, {diagonal}, {0}, {m + 1}, 0, 0};
    submit(Call(Kernel::copy, byte_cost(8 * diagonal), attrs, in(one), out(y)));
  }
  return y;
}

void check_finite(const Tensor& x) {
  submit(Call(Kernel::check_finite, x.numel(), UnaryAttrs{0, x.numel(), {}}, in(x)));
}

void fill_(const Tensor& y, double value) { fill(y, {0, value, 0, as_integer(value), 0}); }

void assign_(const Tensor& y, const Tensor& x) {
  check(x.shape() == y.shape(), "assign_: values of shape ", x.shape(), " do not fit a tensor of shape ",
        y.shape());
  check<TypeError>(x.dtype() == y.dtype(), "assign_: values are ", x.dtype(), " but the tensor is ",
                   y.dtype(), "; convert them with .to() first");
  if (y.numel() == 0) return;
  const CopyAttrs attrs = {1, false, {y.numel()}, {1}, {1}, 0, 0};
  submit(Call(Kernel::copy, byte_cost(int64_t(2 * y.bytes())), attrs, in(x), out(y)));
}

void random_(const Tensor& y, Generator& generator, Distribution distribution, double a, double b) {
  check<TypeError>(is_floating(y.dtype()), "random: expected a float32 or float64 tensor, got ", y.dtype());
  const RandomAttrs attrs = {distribution, y.numel(), a, b, 0, 0};
  submit(Call(Kernel::random, 8 * y.numel(), attrs, out(y)).draws_from(generator));
}

Tensor randint(int64_t low, int64_t high, const Shape& shape, Generator& generator, DType dtype) {
  check(low < high, "randint: low ", low, " must be below high ", high);
  Tensor y = empty(shape, dtype);
  const RandomAttrs attrs = {Distribution::integer, y.numel(), 0, 0, low, high};
  submit(Call(Kernel::random, 8 * y.numel(), attrs, out(y)).draws_from(generator));
  return y;
}

Tensor randperm(int64_t n, Generator& generator) {
  check(n >= 0, "randperm: n is ", n, " but must be 0 or more");
  Tensor y = empty({n}, DType::int64);
  const RandomAttrs attrs = {Distribution::integer, n, 0, 0, 0, 0};
  submit(Call(Kernel::permutation, 12 * n, attrs, out(y)).draws_from(generator));
  return y;
}

}  // namespace nncore::ops
