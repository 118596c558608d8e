// Binds .data and the in-place methods. Most of them write the result of the method without the underscore.
#include "../ops/write.h"

#include <cmath>

#include "../autograd/tape.h"
#include "../core/watch.h"
#include "../ops/create.h"
#include "../ops/elementwise.h"
#include "../ops/shape.h"
#include "../plan/record.h"
#include "numpy.h"
#include "structure.h"
#include "write.h"

namespace nncore::bind {

namespace {

using GivenGenerator = std::optional<std::reference_wrapper<Generator>>;

Generator& generator_of(const GivenGenerator& g) { return g ? g->get() : default_generator(); }

// Methods with an in-place form beside the functions of one tensor and the bitwise ops, which lists name.
constexpr const char* computed[] = {
    "add",        "addcdiv",     "addcmul",     "atan2",      "bitwise_not", "clamp_max",   "clamp_min",
    "clip",       "cumprod",     "cumsum",      "div",        "divide",      "fix",         "floor_divide",
    "fmod",       "index_add",   "index_copy",  "index_fill", "lerp",        "logical_and", "logical_not",
    "logical_or", "logical_xor", "masked_fill", "mul",        "multiply",    "nan_to_num",  "negative",
    "pow",        "relu",        "remainder",   "scatter",    "scatter_add", "sigmoid",     "sub",
    "subtract",   "tanh",        "tril",        "triu",       "true_divide"};

void bind_computed(TensorClass& tensor, const std::string& name) {
  if (!py::hasattr(tensor, name.c_str())) return;
  const py::object method = tensor.attr(name.c_str());
  const std::string written = name + "_";
  tensor.def(
      written.c_str(),
      [method, written](const Tensor& self, const py::args& args, const py::kwargs& kwargs) {
        ops::check_target(written.c_str(), self);
        ops::assign(written.c_str(), self, py::cast<Tensor>(method(self, *args, **kwargs)));
        return self;
      },
      ("Writes the result of " + name + "() into the tensor, and returns the tensor.").c_str());
}

// The functions of one tensor. PyTorch has no method of an activation.
template <class... Ops>
void bind_functions(TensorClass& tensor, OpList<Ops...>) {
  ((Ops::layer.name ? void() : bind_computed(tensor, Ops::name)), ...);
}

// Binds name(tensor, ...), which writes the tensor, as a method that returns the tensor.
template <class... Args, class... Extra>
void bind_method(TensorClass& tensor, const char* name, void (*f)(const Tensor&, Args...),
                 const Extra&... extra) {
  tensor.def(
      name,
      [f](const Tensor& self, Args... args) {
        f(self, args...);
        return self;
      },
      extra...);
}

void write_copy(const Tensor& t, const Tensor& src, bool) { ops::copy_into("copy_", t, src); }

void write_fill(const Tensor& t, const py::object& value) {
  const Tensor v = values_for("fill_", t, value);
  check(v.ndim() == 0, "fill_: value has shape ", v.shape(),
        "; expected a number or a 0-dimensional tensor, use copy_() for others");
  ops::copy_into("fill_", t, v);
}

void write_diagonal(const Tensor& t, const py::object& value, bool wrap) {
  check<TypeError>(is_number(value), "fill_diagonal_: fill_value must be a number, got ",
                   Py_TYPE(value.ptr())->tp_name);
  ops::fill_diagonal(t, values_for("fill_diagonal_", t, value), wrap);
}

void write_zero(const Tensor& t) { ops::copy_into("zero_", t, ops::full({}, 0, t.dtype(), t.device())); }

void check_floating(const char* op, const Tensor& t) {
  check<TypeError>(is_floating(t.dtype()), op, ": expected a float32 or float64 tensor, got ", t.dtype());
}

void draw_normal(const Tensor& t, double mean, double std, const GivenGenerator& g) {
  check_floating("normal_", t);
  check(std::isfinite(mean) && std::isfinite(std) && std >= 0, "normal_: mean ", mean, " and std ", std,
        " must be finite, and std must be at least 0");
  ops::draw_into("normal_", t, generator_of(g), {Distribution::normal, mean, std});
}

void draw_uniform(const Tensor& t, double from, double to, const GivenGenerator& g) {
  check_floating("uniform_", t);
  check(std::isfinite(from) && std::isfinite(to) && from <= to, "uniform_: the bounds ", from, " and ", to,
        " must be finite and in ascending order");
  for (const double number : {from, to, to - from}) ops::check_holds("uniform_", t.dtype(), number);
  ops::draw_into("uniform_", t, generator_of(g), {Distribution::uniform, from, to});
}

// Integers from, ..., to - 1; by default as many as the dtype represents exactly.
void draw_integers(const Tensor& t, const py::object& from, const py::object& to, const GivenGenerator& g) {
  const bool one_given = !from.is_none() && to.is_none();
  const int64_t low = one_given || from.is_none() ? 0 : to_int(from, "random_");
  const int64_t most = t.dtype() == DType::float32   ? int64_t(1) << 24
                       : t.dtype() == DType::float64 ? int64_t(1) << 53
                                                     : ops::range_of(t.dtype()).most;
  const int64_t high = one_given      ? to_int(from, "random_")
                       : to.is_none() ? most + (most < INT64_MAX)
                                      : to_int(to, "random_");
  check(low < high, "random_: from ", low, " must be below to ", high);
  if (!is_floating(t.dtype()))
    for (const int64_t bound : {low, high - 1}) ops::check_holds("random_", t.dtype(), bound);
  ops::draw_into("random_", t, generator_of(g), {Distribution::integer, 0, 0, low, high});
}

void draw_bernoulli(const Tensor& t, const py::object& p, const GivenGenerator& g) {
  Tensor chance;
  if (tensor_of(p.ptr())) {
    chance = py::cast<Tensor>(p);
  } else {
    const double number = to_real(p, "bernoulli_");
    check(number >= 0 && number <= 1, "bernoulli_: p is ", number, " but must be between 0 and 1");
    chance = ops::full({}, number, DType::float64, t.device());
  }
  ops::draw_bernoulli(t, generator_of(g), chance);
}

void draw_exponential(const Tensor& t, double lambd, const GivenGenerator& g) {
  check_floating("exponential_", t);
  check(std::isfinite(lambd) && lambd > 0, "exponential_: lambd is ", lambd, " but must be above 0");
  ops::draw_exponential(t, generator_of(g), lambd);
}

void cut_history(const Tensor& t) {
  TensorImpl& impl = *t.impl();
  if (impl.grad_fn) {
    impl.grad_fn.reset();
    impl.hooks.reset();
    impl.output_index = 0;
    impl.requires_grad = false;
  } else if (impl.requires_grad) {
    py::cast(t).attr("requires_grad") = false;
  }
}

// Whether only the caller's expression has this tensor, so that nobody sees it after the call.
bool is_temporary(const Tensor& value) {
  constexpr int called = 2;  // references of a call: its argument's object, and `value`
  return value.impl()->use_count() == called && py::cast(value).ref_count() == called;
}

// In a captured step, .data = value copies the values, because a replay could not exchange memory. True if the
// step cannot observe this: no other tensor has the old or the new memory. Otherwise the capture is refused.
bool may_copy(plan::Capture& capture, const Tensor& target, const Tensor& value) {
  const bool old_shared = capture.is_shared(target.impl()->storage.get());
  const bool new_shared = !is_temporary(value) || capture.is_shared(value.impl()->storage.get());
  if (!old_shared && !new_shared) return true;
  capture.refuse("data: another tensor, or a graph, also uses the " +
                 std::string(old_shared ? "old" : "new") + " memory, at " + interpreter.where() +
                 "; a compiled step would copy the values and leave the memory as it is. Use copy_() under "
                 "no_grad()");
  return false;
}

// The object gets the value's memory, shape and dtype.
void set_data(const Tensor& target, const Tensor& value) {
  TensorImpl &t = *target.impl(), &v = *value.impl();
  check<TypeError>(!t.requires_grad || is_floating(v.dtype), "data: a ", v.dtype,
                   " tensor cannot replace the values of a tensor that requires a gradient; convert it with "
                   ".float() or .double()");
  if (t.requires_grad) ops::check_writable("data", value, "the new value");
  const bool is_same_form = t.shape == v.shape && t.dtype == v.dtype;
  if (t.storage == v.storage && t.byte_offset == v.byte_offset && is_same_form) return;
  if (watcher() && is_same_form && may_copy(static_cast<plan::Capture&>(*watcher()), target, value))
    return ops::assign_(target, value.detach());
  t.storage = v.storage;
  t.byte_offset = v.byte_offset;
  t.shape = v.shape;
  t.dtype = v.dtype;
  t.is_part = false;
  structure.changed();
}

void bind_draws(TensorClass& tensor) {
  const auto generator = py::arg("generator") = py::none();
  bind_method(tensor, "normal_", draw_normal, py::arg("mean") = 0.0, py::arg("std") = 1.0, py::kw_only(),
              generator, "Writes random numbers of the normal distribution.");
  bind_method(tensor, "uniform_", draw_uniform, py::arg("from_") = 0.0, py::arg("to") = 1.0, py::kw_only(),
              generator, "Writes uniform random numbers in [from, to).");
  bind_method(tensor, "random_", draw_integers, py::arg("from_") = py::none(), py::arg("to") = py::none(),
              py::kw_only(), generator,
              "Writes uniform random integers: random_(to) in [0, to), random_(from, to) in [from, to). "
              "Without bounds, they are in [0, m], where m is the largest integer of the dtype, or 2^24 for "
              "float32 and 2^53 for float64.");
  bind_method(tensor, "bernoulli_", draw_bernoulli, py::arg("p") = 0.5, py::kw_only(), generator,
              "Writes 1 with probability p, else 0. p is a number or a tensor that broadcasts.");
  bind_method(tensor, "exponential_", draw_exponential, py::arg("lambd") = 1.0, py::kw_only(), generator,
              "Writes random numbers of the exponential distribution with rate lambd: -log(1 - u) / lambd.");
}

}  // namespace

bool is_number(py::handle h) {
  return PyFloat_Check(h.ptr()) || PyLong_Check(h.ptr()) ||
         (py::hasattr(h, "__float__") && !py::hasattr(h, "__len__"));
}

Tensor values_for(const char* op, const Tensor& target, py::handle value) {
  if (tensor_of(value.ptr())) return py::cast<Tensor>(value);
  if (!is_number(value)) return make_tensor(value, std::nullopt);
  const DType dtype = target.dtype();
  if (dtype == DType::boolean) return ops::full({}, to_real(value, op) != 0, dtype, target.device());
  if (!is_floating(dtype) && is_whole(value))
    return ops::full_integer({}, fitting(to_whole(value, op), dtype, op), dtype, target.device());
  const double number = to_real(value, op);
  ops::check_holds(op, dtype, number);
  return ops::full({}, number, dtype, target.device());
}

void bind_write(py::module_& m, TensorClass& tensor) {
  m.def(
      "as_result",
      [](const Tensor& x) {
        Tensor y = ops::reshape(x, x.shape());
        y.impl()->is_part = false;
        return y;
      },
      py::arg("input"),
      "The same values in the same memory, for a copy whose source nobody else has: it may be written.",
      internal);
  for (const char* name : computed) bind_computed(tensor, name);
  bind_functions(tensor, UnaryOps());
  for (const char* name : ops::bitwise_names) bind_computed(tensor, name);
  bind_method(tensor, "copy_", write_copy, py::arg("src"), py::arg("non_blocking") = false,
              "Writes the elements of src, broadcast and converted to the tensor's dtype.\n\n"
              ">>> nncore.zeros(2, 2).copy_(nncore.tensor([1, 2])).tolist()\n[[1.0, 2.0], [1.0, 2.0]]");
  bind_method(tensor, "fill_", write_fill, py::arg("value"),
              "Writes one value, a number or a 0-dimensional tensor, into all elements.");
  bind_method(tensor, "zero_", write_zero, "Writes 0 into all elements.");
  bind_method(tensor, "fill_diagonal_", write_diagonal, py::arg("fill_value"), py::arg("wrap") = false,
              "Writes a number into the main diagonal. With wrap, the diagonal of a tall matrix continues in "
              "the rows below.\n\n"
              ">>> nncore.zeros(2, 2).fill_diagonal_(1).tolist()\n[[1.0, 0.0], [0.0, 1.0]]");
  bind_method(
      tensor, "index_put_", put_item, py::arg("indices"), py::arg("values"), py::arg("accumulate") = false,
      "Writes values at a tuple of index tensors, as x[indices] = values. With accumulate, adds them, "
      "as often as an index is repeated.\n\n"
      ">>> x = nncore.zeros(3)\n>>> i = nncore.tensor([2, 2])\n"
      ">>> x.index_put_((i,), nncore.ones(2), accumulate=True).tolist()\n[0.0, 0.0, 2.0]");
  bind_both(
      m, tensor, "index_put",
      [](const Tensor& x, const py::object& indices, const Tensor& values, bool accumulate) {
        const Tensor y = ops::clone(x);
        put_item(y, indices, values, accumulate);
        return y;
      },
      py::arg("indices"), py::arg("values"), py::arg("accumulate") = false,
      "A copy of input, written by index_put_.");
  bind_method(tensor, "detach_", cut_history, "Makes the tensor a leaf without a gradient, and returns it.");
  bind_draws(tensor);
  tensor.def("__setitem__", set_item, py::arg("index"), py::arg("value"));
  tensor.def_property(
      "data", [](const Tensor& t) { return t.detach(); }, set_data,
      "The same values without history, in the same memory. Assigning a tensor to data replaces the values, "
      "the shape and the dtype; both tensors then share memory.\n\n"
      ">>> w = nncore.ones(2, requires_grad=True)\n>>> w.data -= 0.5\n>>> w.tolist()\n[0.5, 0.5]");
  tensor.def_property_readonly(
      "_version", [](const TensorImpl& t) { return t.storage->version() - 1; },
      "The number of writes to the tensor's memory so far.");
}

}  // namespace nncore::bind
