#include "write.h"

#include <algorithm>

#include "../autograd/tape.h"
#include "../backend/backend.h"
#include "../backend/kernels/index.h"
#include "create.h"
#include "elementwise.h"
#include "index.h"
#include "reduce.h"
#include "shape.h"
#include "strided.h"

namespace nncore::ops {

namespace {

bool is_recorded(const Tensor& target, const Tensor& values) {
  return grad_enabled() && (target.requires_grad() || (values.defined() && values.requires_grad()));
}

// Raises if others would not see that the target takes over new memory.
void check_alone(const char* op, const Tensor& target) {
  const Storage& storage = *target.impl()->storage;
  constexpr const char* remedy =
      ". A recorded write gives the tensor new memory, which the other would not see; make a new tensor "
      "instead, for example with y = y + 1, or write into y.clone()";
  check<Error>(!storage.borrowed(), op, ": this tensor of shape ", target.shape(),
               " lies in the memory of a NumPy array or is an argument of a captured step", remedy);
  check<Error>(!storage.is_shared(), op,
               ": another tensor, an array or a captured step shares the memory of ", "this tensor of shape ",
               target.shape(), remedy);
}

// The target becomes `value`, which has its shape and dtype.
void take_over(const char* op, const Tensor& target, const Tensor& value) {
  check_alone(op, target);
  check<Error>(
      !target.impl()->hooks || !static_cast<GradientHooks&>(*target.impl()->hooks).retains, op,
      ": retain_grad() was called for the earlier value of this tensor; call it after the write, or make "
      "a new tensor, for example with y = y + 1");
  const Tensor own = value.impl()->storage->is_shared() ? clone(value) : value;
  TensorImpl &t = *target.impl(), &v = *own.impl();
  t.storage = v.storage;
  t.byte_offset = v.byte_offset;
  t.requires_grad = v.requires_grad;
  t.is_gradient = false;
  t.output_index = v.output_index;
  t.grad_fn = v.grad_fn;
  t.hooks.reset();  // they belong to the earlier value, whose node keeps them
}

// Calls write(y): y is the target or, if the write is recorded, a tensor that the target becomes. If `whole`,
// write() sets all elements of y.
template <class Write, class Backward>
void rewrite(const char* op, const Tensor& target, const Tensor& values, bool whole, Write write,
             Backward backward) {
  check_target(op, target);
  if (!is_recorded(target, values)) {
    check_writable(op, target, "the tensor");
    if (target.numel() > 0) write(target);
    return;
  }
  check_alone(op, target);
  Tensor y = whole ? empty_like(target) : clone(target.detach());
  if (y.numel() > 0) write(y);
  Tape tape{target, values};
  tape.record(op, y, backward);
  take_over(op, target, y);
}

// The values in the target's dtype. Raises ValueError if they cannot be broadcast to `shape`.
Tensor fitting(const char* op, const Tensor& target, const Tensor& values, const Shape& shape) {
  const int lead = shape.ndim() - values.ndim();
  bool fits = lead >= 0;
  for (int i = 0; fits && i < values.ndim(); i++)
    fits = values.shape()[i] == 1 || values.shape()[i] == shape[i + lead];
  check(fits, op, ": values of shape ", values.shape(), " cannot be broadcast to ", shape);
  return cast(values, target.dtype());
}

void copy_region(const Tensor& values, const Tensor& y, const Region& r) {
  copy_strided(values, y, r.shape, broadcast_strides(values.shape(), r.shape), r.strides, 0, r.start);
}

void scatter_positions(const Tensor& values, const Tensor& y, const Tensor& positions) {
  if (positions.numel() == 0) return;
  const bool single = values.numel() == 1;
  const Tensor source =
      single || values.shape() == positions.shape() ? values : expand(values.detach(), positions.shape());
  submit(ScatterAxis{.index = positions,
                     .src = source,
                     .y = y,
                     .op = "index",
                     .outer = 1,
                     .n = y.numel(),
                     .inner = 1,
                     .count = positions.numel(),
                     .wrap = false,
                     .add = false,
                     .single = single});
}

// Uniform random numbers of the target's shape: float64 for a float64 target, else float32.
Tensor uniform_beside(const Tensor& target, Generator& generator) {
  const Tensor u =
      empty(target.shape(), target.dtype() == DType::float64 ? DType::float64 : DType::float32, target);
  random_(u, generator, Distribution::uniform, 0, 1);
  return u;
}

}  // namespace

void check_whole(const char* op, const Tensor& target) {
  check<Error>(
      !target.impl()->is_part, op, ": this tensor of shape ", target.shape(),
      " is a copy of elements of another tensor, where PyTorch has a view, so a write would not reach "
      "that tensor; index the other tensor, as in w[0] = 0, or write into a .clone()");
}

void check_target(const char* op, const Tensor& target) {
  check_whole(op, target);
  check<Error>(!grad_enabled() || !target.requires_grad() || target.impl()->grad_fn, op,
               ": this leaf of shape ", target.shape(),
               " requires a gradient, so it cannot be written while operations are recorded; write inside "
               "`with nncore.no_grad():`, or into .data");
}

void assign(const char* op, const Tensor& target, const Tensor& value) {
  if (value.impl() == target.impl()) return;
  check_target(op, target);
  check(value.shape() == target.shape(), op, ": the result has shape ", value.shape(), " but the tensor has ",
        target.shape(), ", which a write cannot change");
  const auto kind = [](DType d) { return is_floating(d) ? 2 : d == DType::boolean ? 0 : 1; };
  check<TypeError>(kind(value.dtype()) <= kind(target.dtype()), op, ": the result is ", value.dtype(),
                   ", which a ", target.dtype(),
                   " tensor cannot hold; convert the tensor with .to() first, or make a new one");
  const Tensor exact = cast(value, target.dtype());
  if (is_recorded(target, exact)) return take_over(op, target, exact);
  check_writable(op, target, "the tensor");
  assign_(target, exact);
}

void copy_into(const char* op, const Tensor& target, const Tensor& values) {
  const Tensor source = fitting(op, target, values, target.shape());
  const Region all = {target.shape(), contiguous_strides(target.shape())};
  rewrite(
      op, target, source, true, [&](const Tensor& y) { copy_region(source, y, all); },
      [from = source.shape()](const Tensor& dy, InputGrads& d) {
        if (d.needs(0)) d[0] = zeros(dy.shape(), dy);
        if (d.needs(1)) d[1] = sum_to(dy, from);
      });
}

void draw_into(const char* op, const Tensor& target, Generator& generator, const Draw& draw) {
  rewrite(
      op, target, {}, true,
      [&](const Tensor& y) {
        submit(Random{.y = y,
                      .distribution = draw.distribution,
                      .n = y.numel(),
                      .a = draw.a,
                      .b = draw.b,
                      .low = draw.low,
                      .high = draw.high},
               &generator);
      },
      [](const Tensor& dy, InputGrads& d) { d[0] = zeros(dy.shape(), dy); });
}

void draw_bernoulli(const Tensor& target, Generator& generator, const Tensor& chance) {
  const Tensor u = uniform_beside(target, generator);
  copy_into("bernoulli_", target, compare(CompareOps::index_of<formulas::Lt>, u, chance));
}

void draw_exponential(const Tensor& target, Generator& generator, double rate) {
  const Tensor u = apply<formulas::Neg>(uniform_beside(target, generator));
  copy_into("exponential_", target, multiply(apply<formulas::Log1p>(u), -1 / rate));
}

void set_region(const Tensor& target, const Region& region, const Tensor& values) {
  const Tensor source = fitting("index", target, values, region.shape);
  rewrite(
      "index", target, source, false, [&](const Tensor& y) { copy_region(source, y, region); },
      [region, from = source.shape()](const Tensor& dy, InputGrads& d) {
        if (d.needs(0)) copy_region(zeros({}, dy), d[0] = clone(dy), region);
        if (d.needs(1)) d[1] = sum_to(strided("index", dy, region.shape, region.strides, region.start), from);
      });
}

void set_positions(const Tensor& target, const Tensor& positions, const Tensor& values) {
  const Tensor source = fitting("index", target, values, positions.shape());
  rewrite(
      "index", target, source, false, [&](const Tensor& y) { scatter_positions(source, y, positions); },
      [positions = positions.saved(), from = source.shape()](const Tensor& dy, InputGrads& d) {
        if (d.needs(0)) scatter_positions(zeros({}, dy), d[0] = clone(dy), positions);
        if (d.needs(1)) d[1] = sum_to(take(dy, positions), from);
      });
}

void add_positions(const Tensor& target, const Tensor& positions, const Tensor& values) {
  const Tensor source = expand(values, positions.shape());
  const Tensor sum =
      scatter("index_put_", reshape(target, {target.numel()}), 0, reshape(positions, {positions.numel()}),
              reshape(source, {source.numel()}), true);
  assign("index_put_", target, reshape(sum, target.shape()));
}

void fill_diagonal(const Tensor& target, const Tensor& value, bool wrap) {
  const Shape& shape = target.shape();
  const int ndim = shape.ndim();
  check(ndim >= 2, "fill_diagonal_: shape ", shape, " has no diagonal; expected two axes or more");
  int64_t step = 0, count = shape[0];
  const Strides strides = contiguous_strides(shape);
  for (int i = 0; i < ndim; i++) {
    step += strides[i];
    count = std::min(count, shape[i]);
    check(ndim == 2 || shape[i] == shape[0], "fill_diagonal_: the axes of shape ", shape,
          " must have one size");
  }
  if (wrap && ndim == 2 && shape[0] > shape[1]) count = (target.numel() + step - 1) / step;
  set_region(target, {.shape = {count}, .strides = {step}}, value);
}

}  // namespace nncore::ops
