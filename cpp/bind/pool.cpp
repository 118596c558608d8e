#include "../ops/pool.h"

#include "module.h"

namespace nncore::bind {

namespace {

using Optional = std::optional<Tensor>;
using OptionalSizes = std::optional<Shape>;

// The names of a function for one, two and three axes.
struct ByAxes {
  const char* of[3];
};

// A docstring: `text`, in which $ is the layout of the planes, and an example for an input of ones.
std::string pool_doc(const std::string& text, const char* name, int axes, const char* arguments,
                     const char* result) {
  std::string all = text;
  all.replace(all.find('$'), 1, ops::plane_layouts[axes - 1]);
  std::string sizes = "1", brackets(size_t(axes) + 1, '[');
  for (int i = 0; i < axes; i++) sizes += i + 1 < axes ? ", 1" : ", 4";
  all += std::string("\n\n>>> x = nncore.arange(4.0).reshape(") + sizes + ")\n>>> nncore.nn.functional." +
         name + "(x, " + arguments + ").flatten().tolist()\n" + result;
  return all;
}

py::object pooled(const ops::Pooled& p) {
  return p.indices.defined() ? py::object(py::make_tuple(p.values, p.indices)) : py::cast(p.values);
}

// An int, None, or a sequence of them.
ops::OutputSizes output_sizes(const char* op, py::handle object) {
  const std::string what = std::string(op) + ": output_size";
  const auto size = [&](py::handle h) {
    return h.is_none() ? std::optional<int64_t>() : to_int(h, what.c_str());
  };
  ops::OutputSizes sizes;
  if (!py::isinstance<py::tuple>(object) && !py::isinstance<py::list>(object)) return {size(object)};
  for (const py::handle h : py::reinterpret_borrow<py::sequence>(object)) sizes.push_back(size(h));
  return sizes;
}

ops::WindowSizes window_sizes(const Shape& kernel, const OptionalSizes& stride, const Shape& padding,
                              const Shape& dilation, bool ceil_mode) {
  return {kernel, stride.value_or(Shape()), padding, dilation, ceil_mode};
}

void bind_max_pool(py::module_& m, int axes) {
  static constexpr ByAxes names = {{"max_pool1d", "max_pool2d", "max_pool3d"}};
  const char* const name = names.of[axes - 1];
  m.def(
      name,
      [=](const Tensor& x, const Shape& kernel, const OptionalSizes& stride, const Shape& padding,
          const Shape& dilation, bool ceil_mode, bool indices) {
        return pooled(ops::max_pool(name, x, axes, window_sizes(kernel, stride, padding, dilation, ceil_mode),
                                    indices));
      },
      py::arg("input"), py::arg("kernel_size"), py::arg("stride") = py::none(), py::arg("padding") = 0,
      py::arg("dilation") = 1, py::arg("ceil_mode") = false, py::arg("return_indices") = false,
      pool_doc(
          "The maximum of each window of planes $.\n\nstride is by default kernel_size. The padding counts "
          "as -infinity. With ceil_mode, a last window that begins inside the input may extend beyond it. "
          "With return_indices, returns (values, indices): int64 positions in the flattened plane, the first "
          "of equal numbers. NaN counts as the largest number. Raises ValueError for a window larger than "
          "the padded input, for a padding of more than half a window and for a dilated window that lies in "
          "the "
          "padding.",
          name, axes,
          axes == 1   ? "2"
          : axes == 2 ? "(1, 2)"
                      : "(1, 1, 2)",
          "[1.0, 3.0]")
          .c_str(),
      everywhere);
}

void bind_avg_pool(py::module_& m, int axes) {
  static constexpr ByAxes names = {{"avg_pool1d", "avg_pool2d", "avg_pool3d"}};
  const char* const name = names.of[axes - 1];
  const std::string text = pool_doc(
      "The mean of each window of planes $.\n\nstride is by default kernel_size. The padding counts as 0; "
      "with count_include_pad=False it does not count. With ceil_mode, a last window that begins inside "
      "the input may extend beyond it. divisor_override, if the function has it, replaces the number of "
      "elements. Raises ValueError for a window larger than the padded input and for a padding of more "
      "than half a window.",
      name, axes,
      axes == 1   ? "2"
      : axes == 2 ? "(1, 2)"
                  : "(1, 1, 2)",
      "[0.5, 2.5]");
  const auto pool = [=](const Tensor& x, const Shape& kernel, const OptionalSizes& stride,
                        const Shape& padding, bool ceil_mode, bool include, std::optional<int64_t> divisor) {
    check(!divisor || *divisor != 0, name, ": divisor_override is 0; expected another number, or None");
    return ops::avg_pool(name, x, axes, window_sizes(kernel, stride, padding, {1}, ceil_mode),
                         {divisor.value_or(0), include});
  };
  if (axes == 1)
    m.def(
        name,
        [=](const Tensor& x, const Shape& kernel, const OptionalSizes& stride, const Shape& padding,
            bool ceil_mode,
            bool include) { return pool(x, kernel, stride, padding, ceil_mode, include, {}); },
        py::arg("input"), py::arg("kernel_size"), py::arg("stride") = py::none(), py::arg("padding") = 0,
        py::arg("ceil_mode") = false, py::arg("count_include_pad") = true, text.c_str(), everywhere);
  else
    m.def(name, pool, py::arg("input"), py::arg("kernel_size"), py::arg("stride") = py::none(),
          py::arg("padding") = 0, py::arg("ceil_mode") = false, py::arg("count_include_pad") = true,
          py::arg("divisor_override") = py::none(), text.c_str());
}

void bind_adaptive(py::module_& m, int axes) {
  static constexpr ByAxes names[] = {{{"adaptive_max_pool1d", "adaptive_max_pool2d", "adaptive_max_pool3d"}},
                                     {{"adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_avg_pool3d"}}};
  const std::string rule =
      " of each of output_size windows of planes $.\n\noutput_size is an int, or one per axis; None keeps "
      "the "
      "size of the input. Along an axis of n elements, window i of m begins at floor(i n / m) and ends "
      "before ceil((i + 1) n / m). Raises ValueError for an output_size of 0 or less.";
  const char *const max = names[0].of[axes - 1], *const mean = names[1].of[axes - 1];
  const char* const two = axes == 1 ? "2" : axes == 2 ? "(None, 2)" : "(1, None, 2)";
  m.def(
      max,
      [=](const Tensor& x, const py::object& output, bool indices) {
        return pooled(ops::adaptive_max_pool(max, x, axes, output_sizes(max, output), indices));
      },
      py::arg("input"), py::arg("output_size"), py::arg("return_indices") = false,
      pool_doc("The maximum" + rule + " With return_indices, returns (values, indices) as max pooling does.",
               max, axes, two, "[1.0, 3.0]")
          .c_str());
  const std::string text = pool_doc("The mean" + rule, mean, axes, two, "[0.5, 2.5]");
  const auto average = [=](const Tensor& x, const py::object& output) {
    return ops::adaptive_avg_pool(mean, x, axes, output_sizes(mean, output));
  };
  m.def(mean, average, py::arg("input"), py::arg("output_size"), text.c_str(),
        axes == 1 ? everywhere : functional);
}

void bind_fractional(py::module_& m, int axes) {
  static constexpr ByAxes names = {{"", "fractional_max_pool2d_of_size", "fractional_max_pool3d_of_size"}};
  static constexpr ByAxes callers = {{"", "fractional_max_pool2d", "fractional_max_pool3d"}};
  const char* const caller = callers.of[axes - 1];
  m.def(
      names.of[axes - 1],
      [=](const Tensor& x, const Shape& kernel, const Shape& output, bool indices, const Optional& samples) {
        return pooled(ops::fractional_max_pool(caller, x, axes, kernel, output, samples.value_or(Tensor()),
                                               default_generator(), indices));
      },
      py::arg("input"), py::arg("kernel_size"), py::arg("output_size"), py::arg("return_indices"),
      py::arg("_random_samples"), "The maximum of randomly placed windows.", internal);
}

void bind_unpool(py::module_& m, int axes) {
  static constexpr ByAxes names = {{"max_unpool1d", "max_unpool2d", "max_unpool3d"}};
  const char* const name = names.of[axes - 1];
  std::string text =
      "Puts the numbers of $ at the indices that max pooling returned, in planes of zeros.\n\nA result has "
      "(n - 1) stride + kernel_size - 2 padding elements along an axis of n, or output_size, which may "
      "differ "
      "by less than the stride. Of several numbers with one index, the last counts. Raises IndexError for an "
      "index outside the plane.";
  text.replace(text.find('$'), 1, ops::plane_layouts[axes - 1]);
  m.def(
      name,
      [=](const Tensor& x, const Tensor& indices, const Shape& kernel, const OptionalSizes& stride,
          const Shape& padding, const OptionalSizes& output) {
        return ops::max_unpool(name, x, indices, axes, window_sizes(kernel, stride, padding, {1}, false),
                               output.value_or(Shape()));
      },
      py::arg("input"), py::arg("indices"), py::arg("kernel_size"), py::arg("stride") = py::none(),
      py::arg("padding") = 0, py::arg("output_size") = py::none(), text.c_str());
}

}  // namespace

void bind_pool(py::module_& m) {
  for (int axes = 1; axes <= 3; axes++) {
    bind_max_pool(m, axes);
    bind_avg_pool(m, axes);
    bind_adaptive(m, axes);
    bind_unpool(m, axes);
    if (axes > 1) bind_fractional(m, axes);
  }
  m.def(
      "unfold",
      [](const Tensor& x, const Shape& kernel, const Shape& dilation, const Shape& padding,
         const Shape& stride) {
        return ops::unfold(x, window_sizes(kernel, stride, padding, dilation, false));
      },
      py::arg("input"), py::arg("kernel_size"), py::arg("dilation") = 1, py::arg("padding") = 0,
      py::arg("stride") = 1,
      "The windows of planes (N, C, H, W) or (C, H, W) as columns: (N, C * window, number of windows).\n\n"
      "Row c * window + i of the result has element i of each window of channel c. Raises ValueError for a "
      "window larger than the padded input.\n\n"
      ">>> x = nncore.arange(6.0).reshape(1, 2, 3)\n"
      ">>> nncore.nn.functional.unfold(x, (2, 2)).tolist()\n"
      "[[0.0, 1.0], [1.0, 2.0], [3.0, 4.0], [4.0, 5.0]]");
  m.def(
      "fold",
      [](const Tensor& x, const Shape& output, const Shape& kernel, const Shape& dilation,
         const Shape& padding, const Shape& stride) {
        return ops::fold(x, output, window_sizes(kernel, stride, padding, dilation, false));
      },
      py::arg("input"), py::arg("output_size"), py::arg("kernel_size"), py::arg("dilation") = 1,
      py::arg("padding") = 0, py::arg("stride") = 1,
      "Adds columns (N, C * window, number of windows) in their places in planes (N, C, *output_size): the "
      "transpose of unfold.\n\nRaises ValueError for an input whose shape does not fit the windows of "
      "output_size.\n\n"
      ">>> nncore.nn.functional.fold(nncore.ones(4, 2), (2, 3), (2, 2)).tolist()\n"
      "[[[1.0, 2.0, 1.0], [1.0, 2.0, 1.0]]]");
}

}  // namespace nncore::bind
