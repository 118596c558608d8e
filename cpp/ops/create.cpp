#include "create.h"

#include <cmath>

#include "../backend/backend.h"
#include "../backend/kernels/copy.h"
#include "../backend/kernels/elementwise.h"
#include "../core/interrupt.h"
#include "../core/watch.h"
#include "device.h"
#include "elementwise.h"
#include "index.h"
#include "made.h"
#include "reduce.h"
#include "shape.h"

namespace nncore::ops {

namespace {

int64_t as_integer(double v) { return std::isfinite(v) && std::fabs(v) < 9e18 ? int64_t(v) : 0; }

}  // namespace

IntegerRange range_of(DType dtype) {
  if (dtype == DType::int32) return {INT32_MIN, INT32_MAX};
  if (dtype == DType::uint8) return {0, UINT8_MAX};
  if (dtype == DType::int8) return {INT8_MIN, INT8_MAX};
  if (dtype == DType::int16) return {INT16_MIN, INT16_MAX};
  if (dtype == DType::uint16) return {0, UINT16_MAX};
  if (dtype == DType::boolean) return {0, 1};
  return {INT64_MIN, INT64_MAX};
}

void check_holds(const char* op, DType dtype, double value) {
  if (dtype == DType::float64) return;
  if (is_floating(dtype)) {
    const float held = dtype == DType::float16    ? float(Half(float(value)))
                       : dtype == DType::bfloat16 ? float(BFloat16(float(value)))
                                                  : float(value);
    return check(!std::isfinite(value) || std::isfinite(held), op, ": ", value, " does not fit ", dtype);
  }
  if (dtype == DType::boolean) return;
  const IntegerRange range = range_of(dtype);
  const double whole = std::trunc(value);  // 2^63 is exact as a double; the largest int64 is not
  check(
      whole >= double(range.least) && (dtype == DType::int64 ? whole < 0x1p63 : whole <= double(range.most)),
      op, ": ", value, " does not fit ", dtype);
}

void check_holds(const char* op, DType dtype, int64_t value) {
  if (is_floating(dtype)) return check_holds(op, dtype, double(value));
  const IntegerRange range = range_of(dtype);
  check(range.least <= value && value <= range.most, op, ": ", value, " does not fit ", dtype);
}

Tensor converted(const char* op, const Tensor& input, DType dtype) {
  if (input.dtype() == dtype) return input.detach();
  Tensor result = cast(input.detach(), dtype);
  const DType from = input.dtype();
  const bool narrows = is_floating(dtype)
                           ? dtype == DType::float16 || (is_floating(from) && size_of(dtype) < size_of(from))
                           : dtype != DType::boolean;
  if (!narrows || input.numel() == 0) return result;
  const Watch unseen(nullptr);  // not recorded: replays need not check the value again
  const Tensor x = cast(input.detach(), computing_type(from)), y = cast(result, computing_type(dtype));
  const auto compared = [](auto formula, const Tensor& a, const Tensor& b) {
    return compare(CompareOps::index_of<decltype(formula)>, a, b);
  };
  Tensor lost;
  if (is_floating(dtype)) {  // infinite only after the conversion
    const Tensor infinite = compared(formulas::IsInf(), y, y);
    if (!any_all(infinite, false, {}, false).value_at<bool>(0)) return result;
    lost = compared(formulas::Ne(), infinite, compared(formulas::IsInf(), x, x));
  } else if (is_floating(x.dtype())) {
    const IntegerRange range = range_of(dtype);
    const Tensor whole = apply<formulas::Trunc>(cast(x, DType::float64));
    const Tensor low = full({}, double(range.least), DType::float64, x.device()),
                 end = full({}, double(range.most) + 1, DType::float64,
                            x.device());  // 2^8, 2^31 or 2^63, exactly
    const Tensor fits = compared(formulas::LogicalAnd(), compared(formulas::Ge(), whole, low),
                                 compared(formulas::Lt(), whole, end));
    lost = compared(formulas::Eq(), fits, full({}, 0, DType::boolean, x.device()));
  } else {
    lost = compared(formulas::Ne(), cast(y, x.dtype()), x);
  }
  const Tensor found = nonzero(reshape(lost, {-1}));
  if (found.numel() > 0)
    visit(x.dtype(), [&](auto zero) {
      raise<ValueError>(op, ": ", +x.value_at<decltype(zero)>(found.value_at<int64_t>(0)), " does not fit ",
                        dtype);
    });
  return result;
}

Tensor made(const char* op, const Shape& shape, DType dtype, Device& device) {
  check_sizes(op, shape, size_of(dtype));
  try {
    return empty(shape, dtype, device);
  } catch (const MemoryError&) {
    raise<MemoryError>(op, ": no memory for ", size_t(shape.numel()) * size_of(dtype), " bytes, a ", dtype,
                       " tensor of shape ", shape);
  }
}

Tensor full(const Shape& shape, double value, DType dtype, Device& device) {
  check_holds("full", dtype, value);
  Tensor y = made("full", shape, dtype, device);
  fill_(y, value);
  return y;
}

Tensor full_integer(const Shape& shape, int64_t value, DType dtype, Device& device) {
  check_holds("full", dtype, value);
  Tensor y = made("full", shape, dtype, device);
  submit(Fill{.y = y, .n = y.numel(), .value = double(value), .int_value = value});
  return y;
}

Tensor arange(double start, double end, double step, DType dtype, Device& device) {
  check(std::isfinite(start) && std::isfinite(end) && std::isfinite(step) && step != 0, "arange: start ",
        start, ", end ", end, " and step ", step, " must be finite, and step must not be 0");
  check((end - start) * step >= 0, "arange: a step of ", step, " does not lead from ", start, " to ", end);
  const double count = std::ceil((end - start) / step);
  check(count < 9e15, "arange: ", count, " elements are more than memory can hold");
  for (const double end_value : {start, start + (count - 1) * step})
    if (count > 0) check_holds("arange", dtype, end_value);
  Tensor y = made("arange", {int64_t(count)}, dtype, device);
  submit(Fill{.y = y,
              .n = y.numel(),
              .value = start,
              .step = step,
              .int_value = as_integer(start),
              .int_step = as_integer(step)});
  return y;
}

Tensor arange_integer(int64_t start, int64_t end, int64_t step, DType dtype, Device& device) {
  check(step != 0, "arange: step is 0");
  check((step > 0) == (end > start) || start == end, "arange: a step of ", step, " does not lead from ",
        start, " to ", end);
  const uint64_t distance = step > 0 ? uint64_t(end) - uint64_t(start) : uint64_t(start) - uint64_t(end);
  const uint64_t stride = step > 0 ? uint64_t(step) : -uint64_t(step),
                 count = distance / stride + (distance % stride > 0);
  check(count < uint64_t(9e15), "arange: ", count, " elements are more than memory can hold");
  if (count > 0) {
    check_holds("arange", dtype, start);
    check_holds("arange", dtype, int64_t(uint64_t(start) + (count - 1) * uint64_t(step)));
  }
  Tensor y = made("arange", {int64_t(count)}, dtype, device);
  submit(Fill{.y = y,
              .n = y.numel(),
              .value = double(start),
              .step = double(step),
              .int_value = start,
              .int_step = step});
  return y;
}

Tensor linspace(double start, double end, int64_t steps, DType dtype, Device& device) {
  check(steps >= 0, "linspace: steps is ", steps, " but must be 0 or more");
  check<TypeError>(is_floating(dtype), "linspace: expected a floating-point dtype, got ", dtype);
  check(std::isfinite(start) && std::isfinite(end) && std::isfinite(end - start), "linspace: start ", start,
        " and end ", end, " and their difference must be finite");
  check_holds("linspace", dtype, start);
  check_holds("linspace", dtype, end);
  Tensor y = made("linspace", {steps}, dtype, device);
  submit(Fill{.y = y,
              .n = steps,
              .value = start,
              .step = steps > 1 ? (end - start) / double(steps - 1) : 0,
              .int_value = 0});
  if (steps > 1)  // the last number is end itself, not a rounded sum
    fill_(Tensor(y.impl()->storage, int64_t(y.bytes() - size_of(dtype)), {1}, dtype), end);
  return y;
}

Tensor eye(int64_t n, int64_t m, DType dtype, Device& device) {
  Tensor y = made("eye", {n, m}, dtype, device);
  fill_(y, 0);
  const Tensor one = full({1}, 1, dtype, device);
  const int64_t diagonal = std::min(n, m);
  if (diagonal > 0)
    submit(
        Copy{.src = one, .dst = y, .ndim = 1, .size = {diagonal}, .src_stride = {0}, .dst_stride = {m + 1}});
  return y;
}

void check_finite(const Tensor& x) { submit(CheckFinite{.x = x, .n = x.numel()}); }

void fill_(const Tensor& y, double value) {
  check_holds("assign_", y.dtype(), value);
  const Uninterrupted whole;
  submit(Fill{.y = y, .n = y.numel(), .value = value, .int_value = as_integer(value)});
}

void assign_(const Tensor& y, const Tensor& x) {
  check(x.shape() == y.shape(), "assign_: values of shape ", x.shape(), " do not fit a tensor of shape ",
        y.shape());
  check<TypeError>(x.dtype() == y.dtype(), "assign_: values are ", x.dtype(), " but the tensor is ",
                   y.dtype(), "; convert them with .to() first");
  if (y.numel() == 0) return;
  const Uninterrupted whole;
  submit(Copy{.src = to_device(x, y.device()),
              .dst = y,
              .ndim = 1,
              .size = {y.numel()},
              .src_stride = {1},
              .dst_stride = {1}});
}

void random_(const Tensor& y, Generator& generator, Distribution distribution, double a, double b) {
  const char* const op = distribution == Distribution::normal ? "normal_" : "uniform_";
  check<TypeError>(is_floating(y.dtype()), op, ": expected a float32 or float64 tensor, got ", y.dtype());
  check_holds(op, y.dtype(), a);
  check_holds(op, y.dtype(), b);
  if (distribution == Distribution::normal)
    check(std::isfinite(a) && std::isfinite(b) && b >= 0, "normal_: mean ", a, " and std ", b,
          " must be finite, and std must be at least 0");
  else
    check(std::isfinite(a) && std::isfinite(b) && a <= b, "uniform_: the bounds ", a, " and ", b,
          " must be finite and in ascending order");
  if (distribution == Distribution::uniform) check_holds(op, y.dtype(), b - a);
  submit(Random{.y = y, .distribution = distribution, .n = y.numel(), .a = a, .b = b}, &generator);
}

Tensor randint(int64_t low, int64_t high, const Shape& shape, Generator& generator, DType dtype,
               Device& device) {
  check(low < high, "randint: low ", low, " must be below high ", high);
  if (!is_floating(dtype)) {
    check_holds("randint", dtype, low);
    check_holds("randint", dtype, high - 1);
  }
  Tensor y = made("randint", shape, dtype, device);
  submit(Random{.y = y, .distribution = Distribution::integer, .n = y.numel(), .low = low, .high = high},
         &generator);
  return y;
}

Tensor poisson(const Tensor& rate, Generator& generator) {
  check_computes("poisson", rate.dtype());
  check<TypeError>(is_floating(rate.dtype()), "poisson: expected float32 or float64, got ", rate.dtype(),
                   "; convert with .float()");
  Tensor y = empty_like(rate);
  submit(Random{.rate = rate, .y = y, .distribution = Distribution::poisson, .n = y.numel()}, &generator);
  return y;
}

Tensor randperm(int64_t n, Generator& generator, Device& device) {
  check(n >= 0, "randperm: n is ", n, " but must be 0 or more");
  Tensor y = made("randperm", {n}, DType::int64, device);
  submit(Permutation{.y = y, .n = n}, &generator);
  return y;
}

}  // namespace nncore::ops
