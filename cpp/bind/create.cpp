#include "../ops/create.h"
#include "../ops/write.h"

#include "../backend/backend.h"
#include "../core/default_dtype.h"
#include "../ops/device.h"
#include "../plan/record.h"

#include "device.h"
#include "module.h"
#include "numpy.h"

namespace nncore::bind {

namespace {

using OptionalGenerator = std::optional<std::reference_wrapper<Generator>>;

Generator& chosen(const OptionalGenerator& g) { return g ? g->get() : default_generator(); }

Tensor marked(Tensor t, bool requires_grad) {
  check<TypeError>(!requires_grad || has_gradients(t.dtype()), "a ", t.dtype(),
                   " tensor cannot have a gradient; leave requires_grad=False");
  t.impl()->requires_grad = requires_grad;
  return t;
}

// The arguments dtype and device of a function that makes tensors.
struct Options {
  std::optional<DType> dtype;
  Place place;

  Options like(const Tensor& x) const { return {dtype.value_or(x.dtype()), {&place.value_or(x.device())}}; }
  DType type_or(DType other) const { return dtype.value_or(other); }
  DType type() const { return type_or(default_dtype); }
  Device& device() const { return place.device ? *place.device : default_device(); }
};

template <class Scope, class F, class... Args, class... Extra>
void bind_made(Scope& scope, const char* name, F make, Tensor (*)(const Options&, Args...),
               const Extra&... extra) {
  scope.def(
      name,
      [make](Args... args, std::optional<DType> dtype, const Place& device, bool requires_grad, bool) {
        return marked(make(Options{dtype, device}, std::forward<Args>(args)...), requires_grad);
      },
      extra..., py::arg("dtype") = py::none(), py::arg("device") = py::none(),
      py::arg("requires_grad") = false, py::arg("pin_memory") = false);
}
// Binds make(options, ...) with the arguments dtype, device, requires_grad and pin_memory, which has no effect.
template <class Scope, class F, class... Extra>
void bind_factory(Scope& scope, const char* name, F make, const Extra&... extra) {
  bind_made(scope, name, make, static_cast<py::detail::function_signature_t<F>*>(nullptr), extra...);
}

const auto no_size = py::arg("size") = py::none();

// A tensor of one number, whose type gives the dtype; ints stay exact.
Tensor full(const Options& o, const Shape& shape, py::handle value) {
  const DType type = o.type_or(PyBool_Check(value.ptr()) ? DType::boolean
                               : is_int(value)           ? DType::int64
                                                         : default_dtype.load());
  if (is_int(value) && !is_floating(type))
    return ops::full_integer(shape, fitting(to_int(value, "full"), type, "full"), type, o.device());
  return ops::full(shape, to_real(value, "full"), type, o.device());
}

// arange(n), arange(end=n), arange(start, end) or arange(start, end, step)
Tensor arange(const Options& o, const py::object& start, const py::object& end, py::handle step) {
  check<TypeError>(!start.is_none() || !end.is_none(), "arange: expected at least end, got no number");
  const bool has_start = !start.is_none() && !end.is_none();
  const py::object first = has_start ? start : py::int_(0), last = end.is_none() ? start : end;
  const bool ints = is_int(first) && is_int(last) && is_int(step);
  const DType type = o.type_or(ints ? DType::int64 : default_dtype.load());
  if (ints && !is_floating(type))
    return ops::arange_integer(to_int(first, "arange"), to_int(last, "arange"), to_int(step, "arange"), type,
                               o.device());
  return ops::arange(to_real(first, "arange"), to_real(last, "arange"), to_real(step, "arange"), type,
                     o.device());
}

// data as a tensor; a tensor stays on its device if none is given.
Tensor made_of(const Options& o, py::handle data) {
  const Tensor t = make_tensor(data, o.dtype);
  return ops::to_device(t, tensor_of(data.ptr()) ? o.place.value_or(t.device()) : o.device());
}

// Binds f(*size), f_like(input) and input.new_f(*size).
template <class F>
void bind_filled(py::module_& m, TensorClass& tensor, const std::string& name, F make,
                 const std::string& doc) {
  const auto of_shape = [make](const Options& o, const Shape& shape) {
    return make(shape, o.type(), o.device());
  };
  bind_factory(
      m, name.c_str(),
      [of_shape](const Options& o, const py::args& sizes, const std::optional<Shape>& size) -> Tensor {
        return of_shape(o, to_shape(sizes, size, "size"));
      },
      no_size, doc.c_str());
  bind_factory(
      m, (name + "_like").c_str(),
      [of_shape](const Options& o, const Tensor& x) -> Tensor { return of_shape(o.like(x), x.shape()); },
      py::arg("input"), py::kw_only(), (doc + " The shape is that of input.").c_str());
  bind_factory(
      tensor, ("new_" + name).c_str(),
      [of_shape](const Options& o, const Tensor& x, const py::args& sizes, const std::optional<Shape>& size)
          -> Tensor { return of_shape(o.like(x), to_shape(sizes, size, "size")); },
      no_size, (doc + " The dtype and the device are those of this tensor.").c_str());
}

void bind_drawn(py::module_& m, const std::string& name, Distribution distribution, const std::string& doc) {
  const auto drawn = [distribution, name](const Options& o, const Shape& shape, const OptionalGenerator& g) {
    check_computes(name.c_str(), o.type());
    const Tensor t = empty(shape, o.type(), o.device());
    ops::random_(t, chosen(g), distribution, 0, 1);
    return t;
  };
  const auto generator = py::arg("generator") = py::none();
  bind_factory(
      m, name.c_str(),
      [drawn](const Options& o, const py::args& sizes, const std::optional<Shape>& size,
              const OptionalGenerator& g) -> Tensor { return drawn(o, to_shape(sizes, size, "size"), g); },
      no_size, generator, doc.c_str());
  bind_factory(
      m, (name + "_like").c_str(),
      [drawn](const Options& o, const Tensor& x, const OptionalGenerator& g) -> Tensor {
        return drawn(o.like(x), x.shape(), g);
      },
      py::arg("input"), py::kw_only(), generator, (doc + " The shape is that of input.").c_str());
}

void bind_random(py::module_& m) {
  bind_drawn(m, "rand", Distribution::uniform, "Uniform random numbers in [0, 1).");
  bind_drawn(m, "randn", Distribution::normal,
             "Random numbers of the normal distribution with mean 0 and variance 1 (Box and Muller 1958).");
  const auto integers = [](const Options& o, int64_t low, int64_t high, const Shape& size,
                           const OptionalGenerator& g) {
    return ops::randint(low, high, size, chosen(g), o.type_or(DType::int64), o.device());
  };
  const char* const doc = "Uniform random integers from low (by default 0) to high - 1.";
  const auto generator = py::arg("generator") = py::none();
  bind_factory(
      m, "randint",
      [integers](const Options& o, int64_t low, int64_t high, const Shape& size,
                 const OptionalGenerator& g) -> Tensor { return integers(o, low, high, size, g); },
      py::arg("low"), py::arg("high"), py::arg("size"), py::kw_only(), generator, doc);
  bind_factory(
      m, "randint",
      [integers](const Options& o, int64_t high, const Shape& size, const OptionalGenerator& g) -> Tensor {
        return integers(o, 0, high, size, g);
      },
      py::arg("high"), py::arg("size"), py::kw_only(), generator, doc);
  bind_factory(
      m, "randperm",
      [](const Options& o, int64_t n, const OptionalGenerator& g) -> Tensor {
        return typed(ops::randperm(n, chosen(g), o.device()), o.dtype);
      },
      py::arg("n"), py::kw_only(), generator, "The integers 0 to n - 1 in random order.");
  m.def(
      "draw_poisson",
      [](const Tensor& rate, const OptionalGenerator& g) { return ops::poisson(rate, chosen(g)); },
      py::arg("rate"), generator, "Numbers of the Poisson distribution, one for each rate.", internal);
  m.def(
      "uniform_",
      [](const Tensor& t, double low, double high, const OptionalGenerator& generator) {
        ops::check_whole("uniform_", t);
        ops::random_(t, chosen(generator), Distribution::uniform, low, high);
      },
      py::arg("tensor"), py::arg("low") = 0.0, py::arg("high") = 1.0, py::arg("generator") = py::none(),
      "Fills a parameter with uniform numbers in [low, high).", internal);
  m.def(
      "normal_",
      [](const Tensor& t, double mean, double std, const OptionalGenerator& generator) {
        ops::check_whole("normal_", t);
        ops::random_(t, chosen(generator), Distribution::normal, mean, std);
      },
      py::arg("tensor"), py::arg("mean") = 0.0, py::arg("std") = 1.0, py::arg("generator") = py::none(),
      "Fills a parameter with normal numbers.", internal);
}

void refuse_in_step(const char* what) {
  if (Watcher* w = watcher())
    static_cast<plan::Capture*>(w)->refuse(what +
                                           (": called inside a compiled step, at " + interpreter.where()) +
                                           "; a replay would not repeat it. Do it before the step");
}

Tensor generator_state(const Generator& g) {
  host_reads("Generator.get_state");
  const RandomKey key = g.state();
  Tensor t = empty({2}, DType::int64, host());
  t.ptr<int64_t>()[0] = int64_t(key.seed);
  t.ptr<int64_t>()[1] = int64_t(key.offset);
  return t;
}

void set_generator_state(Generator& g, const Tensor& t) {
  refuse_in_step("Generator.set_state");
  check(t.dtype() == DType::int64 && t.shape() == Shape{2},
        "set_state: a state is an int64 tensor of shape (2,), got ", t.dtype(), " of shape ", t.shape());
  g.set_state({uint64_t(t.value_at<int64_t>(0)), uint64_t(t.value_at<int64_t>(1))});
}

uint64_t to_seed(py::handle seed) {
  check<TypeError>(PyLong_Check(seed.ptr()) && !PyBool_Check(seed.ptr()), "seed must be an int, got ",
                   Py_TYPE(seed.ptr())->tp_name);
  const uint64_t value = PyLong_AsUnsignedLongLong(seed.ptr());
  if (PyErr_Occurred()) {
    PyErr_Clear();
    raise<ValueError>("seed ", py::cast<std::string>(py::repr(seed)), " is not between 0 and 2**64 - 1");
  }
  return value;
}

}  // namespace

void bind_create(py::module_& m, TensorClass& tensor) {
  py::class_<Generator, Ref<Generator>>(
      m, "Generator",
      "Generator(seed=67280421310721)\n--\n\nA generator of random numbers: "
      "Philox 4x32-10 with a seed and a counter.")
      .def(py::init([](py::handle seed) { return Ref<Generator>(new Generator(to_seed(seed))); }),
           py::arg("seed") = Generator::default_seed)
      .def(
          "manual_seed",
          [](py::object self, py::handle seed) {
            refuse_in_step("Generator.manual_seed");
            py::cast<Generator&>(self).manual_seed(to_seed(seed));
            return self;
          },
          py::arg("seed"), "Restarts the sequence with this seed.")
      .def("__repr__",
           [](const Generator& g) {
             return "Generator(seed=" + std::to_string(g.initial_seed()) +
                    ", offset=" + std::to_string(g.state().offset) + ")";
           })
      .def("initial_seed", &Generator::initial_seed, "The seed with which the sequence started.")
      .def("get_state", generator_state, "The seed and the position in the sequence, for set_state.")
      .def("set_state", set_generator_state, py::arg("state"),
           "Restores the seed and the position that get_state returned.")
      .def(py::pickle([](const Generator& g) { return std::pair(g.state().seed, g.state().offset); },
                      [](const std::pair<uint64_t, uint64_t>& state) {
                        Ref<Generator> g(new Generator(0));
                        g->set_state({state.first, state.second});
                        return g;
                      }));
  m.def(
      "default_generator", [] { return Ref<Generator>(&default_generator()); },
      "The generator that is used if none is given.", internal);
  m.def(
      "manual_seed",
      [](py::handle seed) {
        refuse_in_step("manual_seed");
        default_generator().manual_seed(to_seed(seed));
      },
      py::arg("seed"),
      "Restarts the default generator with this seed; equal seeds give equal numbers on every machine.");

  bind_factory(
      m, "tensor", made_of, py::arg("data"),
      "A tensor with a copy of data, which may be a number, nested lists or an array.\n\nPython floats "
      "become float32, or the default dtype; arrays keep their dtype.\n\n>>> nncore.tensor([[1, 2], [3, "
      "4]]).shape\n(2, 2)");
  m.def("from_numpy", from_numpy, py::arg("array"),
        "A tensor that shares the memory of a dense NumPy array; another layout is copied.\n\nThe memory of "
        "a read-only array is never written: training such a tensor raises ValueError.");
  bind_factory(m, "full", full, py::arg("size"), py::arg("fill_value"), py::kw_only(),
               "A tensor filled with fill_value.");
  bind_factory(
      m, "full_like",
      [](const Options& o, const Tensor& x, py::handle value) -> Tensor {
        return full(o.like(x), x.shape(), value);
      },
      py::arg("input"), py::arg("fill_value"), py::kw_only(),
      "A tensor filled with fill_value. The shape is that of input.");
  bind_factory(
      tensor, "new_full",
      [](const Options& o, const Tensor& x, const Shape& size, py::handle value) -> Tensor {
        return full(o.like(x), size, value);
      },
      py::arg("size"), py::arg("fill_value"), py::kw_only(),
      "A tensor filled with fill_value. The dtype and the device are those of this tensor.");
  bind_factory(
      tensor, "new_tensor",
      [](const Options& o, const Tensor& x, py::handle data) -> Tensor { return made_of(o.like(x), data); },
      py::arg("data"), py::kw_only(),
      "A tensor with a copy of data. The dtype and the device are those of this tensor.");
  bind_filled(
      m, tensor, "empty", [](const Shape& s, DType d, Device& device) { return empty(s, d, device); },
      "A tensor with uninitialized elements.");
  bind_filled(
      m, tensor, "zeros", [](const Shape& s, DType d, Device& device) { return ops::full(s, 0, d, device); },
      "A tensor filled with 0.");
  bind_filled(
      m, tensor, "ones", [](const Shape& s, DType d, Device& device) { return ops::full(s, 1, d, device); },
      "A tensor filled with 1.");
  bind_factory(m, "arange", arange, py::arg("start") = py::none(), py::arg("end") = py::none(),
               py::arg("step") = 1, py::kw_only(),
               "The numbers start, start + step, ... before end; arange(n) starts at 0.");
  bind_factory(
      m, "linspace",
      [](const Options& o, double start, double end, int64_t steps) -> Tensor {
        return ops::linspace(start, end, steps, o.type(), o.device());
      },
      py::arg("start"), py::arg("end"), py::arg("steps"), py::kw_only(),
      "`steps` numbers at equal distances from start to end.");
  bind_factory(
      m, "eye",
      [](const Options& o, int64_t n, std::optional<int64_t> columns) -> Tensor {
        return ops::eye(n, columns.value_or(n), o.type(), o.device());
      },
      py::arg("n"), py::arg("m") = py::none(), py::kw_only(),
      "A matrix with 1 on the diagonal and 0 elsewhere.");
  m.def(
      "check_writable",
      [](const char* caller, const Tensor& t) { ops::check_writable(caller, t, "the tensor"); },
      py::arg("caller"), py::arg("tensor"),
      "Raises ValueError if the tensor lies in the memory of a read-only array.", internal);
  m.def("check_finite", ops::check_finite, py::arg("input"),
        "Raises DivergenceError, also in a replay, if the tensor has a NaN or an infinity; later calls do "
        "not run.",
        internal);
  m.def(
      "assign_",
      [](const Tensor& target, py::handle value) {
        ops::check_whole("assign_", target);
        if (tensor_of(value.ptr()))
          ops::assign_(target, py::cast<Tensor>(value));
        else
          ops::fill_(target, to_real(value, "assign_"));
      },
      py::arg("target"), py::arg("value"),
      "Writes a tensor's values, or one number, into a parameter or buffer.", internal);
  m.def(
      "assign_all_",
      [](const std::vector<std::pair<Tensor, Tensor>>& assignments) {
        for (const auto& [target, value] : assignments) ops::check_writable("assign_", target, "a tensor");
        for (const auto& [target, value] : assignments) ops::assign_(target, value);
      },
      py::arg("assignments"),
      "Writes the second tensor of each pair into the first. Checks all pairs before it writes.", internal);
  bind_random(m);
}

}  // namespace nncore::bind
