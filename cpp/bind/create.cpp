#include "../ops/create.h"
#include "../ops/write.h"

#include "../backend/backend.h"
#include "../plan/record.h"

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

// A tensor of one Python number, whose type gives the dtype; ints stay exact.
Tensor full(const Shape& shape, py::handle value, std::optional<DType> dtype, Device& device = host()) {
  const bool is_int = PyLong_Check(value.ptr()) && !PyBool_Check(value.ptr());
  const DType type = dtype.value_or(PyBool_Check(value.ptr()) ? DType::boolean
                                    : is_int                  ? DType::int64
                                                              : DType::float32);
  if (is_int && !is_floating(type)) {
    const int64_t number = fitting(to_int(value, "full"), type, "full");
    return ops::full_integer(shape, number, type, device);
  }
  return ops::full(shape, to_real(value, "full"), type, device);
}

Tensor arange(py::handle start, const py::object& end, py::handle step, std::optional<DType> dtype) {
  const bool ints =
      PyLong_Check(start.ptr()) && (end.is_none() || PyLong_Check(end.ptr())) && PyLong_Check(step.ptr());
  if (ints && !is_floating(dtype.value_or(DType::int64)))
    return ops::arange_integer(end.is_none() ? 0 : to_int(start, "arange"),
                               to_int(end.is_none() ? start : py::handle(end), "arange"),
                               to_int(step, "arange"), dtype.value_or(DType::int64));
  const double first = end.is_none() ? 0 : to_real(start, "arange"),
               last = to_real(end.is_none() ? start : py::handle(end), "arange");
  return ops::arange(first, last, to_real(step, "arange"),
                     dtype.value_or(ints ? DType::int64 : DType::float32));
}

template <class F>
void bind_filled(py::module_& m, const std::string& name, F make, const std::string& doc) {
  m.def(
      name.c_str(),
      [make](const py::args& size, std::optional<DType> dtype, bool requires_grad) {
        return marked(make(to_shape(size), dtype.value_or(DType::float32), host()), requires_grad);
      },
      py::arg("dtype") = py::none(), py::arg("requires_grad") = false, doc.c_str());
  m.def((name + "_like").c_str(),
        [make](const Tensor& x, std::optional<DType> dtype, bool requires_grad) {
          return marked(make(x.shape(), dtype.value_or(x.dtype()), x.device()), requires_grad);
        },
        py::arg("input"), py::kw_only(), py::arg("dtype") = py::none(), py::arg("requires_grad") = false,
        (doc + " The shape is that of input.").c_str());
}

void bind_drawn(py::module_& m, const std::string& name, Distribution distribution, const std::string& doc) {
  const auto drawn = [distribution](const Shape& shape, DType dtype, Device& device,
                                    const OptionalGenerator& g, bool grad) {
    Tensor t = empty(shape, dtype, device);
    ops::random_(t, chosen(g), distribution, 0, 1);
    return marked(t, grad);
  };
  m.def(
      name.c_str(),
      [drawn](const py::args& size, const OptionalGenerator& g, std::optional<DType> dtype, bool grad) {
        return drawn(to_shape(size), dtype.value_or(DType::float32), host(), g, grad);
      },
      py::arg("generator") = py::none(), py::arg("dtype") = py::none(), py::arg("requires_grad") = false,
      doc.c_str());
  m.def((name + "_like").c_str(),
        [drawn](const Tensor& x, const OptionalGenerator& g, std::optional<DType> dtype, bool grad) {
          return drawn(x.shape(), dtype.value_or(x.dtype()), x.device(), g, grad);
        },
        py::arg("input"), py::kw_only(), py::arg("generator") = py::none(), py::arg("dtype") = py::none(),
        py::arg("requires_grad") = false, (doc + " The shape is that of input.").c_str());
}

void bind_random(py::module_& m) {
  bind_drawn(m, "rand", Distribution::uniform, "Uniform random numbers in [0, 1).");
  bind_drawn(m, "randn", Distribution::normal,
             "Random numbers of the normal distribution with mean 0 and variance 1 (Box and Muller 1958).");
  const auto integers = [&](auto f, const auto&... bounds) {
    m.def("randint", f, bounds..., py::arg("size"), py::arg("generator") = py::none(),
          py::arg("dtype") = DType::int64, "Uniform random integers from low (by default 0) to high - 1.");
  };
  integers([](int64_t low, int64_t high, const Shape& size, const OptionalGenerator& generator,
              DType dtype) { return ops::randint(low, high, size, chosen(generator), dtype); },
           py::arg("low"), py::arg("high"));
  integers([](int64_t high, const Shape& size, const OptionalGenerator& generator,
              DType dtype) { return ops::randint(0, high, size, chosen(generator), dtype); },
           py::arg("high"));
  m.def(
      "randperm",
      [](int64_t n, const OptionalGenerator& generator) { return ops::randperm(n, chosen(generator)); },
      py::arg("n"), py::arg("generator") = py::none(), "The integers 0 to n - 1 in random order.");
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

void bind_create(py::module_& m) {
  py::class_<Generator, Ref<Generator>>(
      m, "Generator", "A generator of random numbers: Philox 4x32-10 with a seed and a counter.")
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

  m.def(
      "tensor",
      [](py::handle data, std::optional<DType> dtype, bool requires_grad) {
        return marked(make_tensor(data, dtype), requires_grad);
      },
      py::arg("data"), py::arg("dtype") = py::none(), py::arg("requires_grad") = false,
      "A tensor with a copy of data, which may be a number, nested lists or an array.\n\nPython floats "
      "become float32; arrays keep their dtype.\n\n>>> nncore.tensor([[1, 2], [3, 4]]).shape\n(2, 2)");
  m.def("from_numpy", from_numpy, py::arg("array"),
        "A tensor that shares the memory of a dense NumPy array; another layout is copied.\n\nThe memory of "
        "a read-only array is never written: training such a tensor raises ValueError.");
  const auto grad = py::arg("requires_grad") = false;
  m.def(
      "full",
      [](const Shape& size, py::handle value, std::optional<DType> dtype, bool requires_grad) {
        return marked(full(size, value, dtype), requires_grad);
      },
      py::arg("size"), py::arg("fill_value"), py::arg("dtype") = py::none(), grad,
      "A tensor filled with fill_value.");
  bind_filled(
      m, "empty", [](const Shape& s, DType d, Device& device) { return empty(s, d, device); },
      "A tensor with uninitialized elements.");
  bind_filled(
      m, "zeros", [](const Shape& s, DType d, Device& device) { return ops::full(s, 0, d, device); },
      "A tensor filled with 0.");
  bind_filled(
      m, "ones", [](const Shape& s, DType d, Device& device) { return ops::full(s, 1, d, device); },
      "A tensor filled with 1.");
  m.def(
      "arange",
      [](py::handle start, const py::object& end, py::handle step, std::optional<DType> dtype,
         bool requires_grad) { return marked(arange(start, end, step, dtype), requires_grad); },
      py::arg("start"), py::arg("end") = py::none(), py::arg("step") = 1, py::arg("dtype") = py::none(), grad,
      "The numbers start, start + step, ... before end; arange(n) starts at 0.");
  m.def(
      "full_like",
      [](const Tensor& x, py::handle value, std::optional<DType> dtype, bool requires_grad) {
        return marked(full(x.shape(), value, dtype.value_or(x.dtype()), x.device()), requires_grad);
      },
      py::arg("input"), py::arg("fill_value"), py::arg("dtype") = py::none(), grad,
      "A tensor filled with fill_value. The shape is that of input.");
  m.def(
      "linspace",
      [](double start, double end, int64_t steps, DType dtype, bool requires_grad) {
        return marked(ops::linspace(start, end, steps, dtype), requires_grad);
      },
      py::arg("start"), py::arg("end"), py::arg("steps"), py::arg("dtype") = DType::float32, grad,
      "`steps` numbers at equal distances from start to end.");
  m.def(
      "eye",
      [](int64_t n, std::optional<int64_t> columns, DType dtype, bool requires_grad) {
        return marked(ops::eye(n, columns.value_or(n), dtype), requires_grad);
      },
      py::arg("n"), py::arg("m") = py::none(), py::arg("dtype") = DType::float32, grad,
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
