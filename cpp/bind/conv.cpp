#include "../ops/conv.h"
#include "../ops/windows.h"

#include "module.h"

namespace nncore::bind {

namespace {

constexpr const char* names[] = {"conv1d", "conv2d", "conv3d"};
constexpr const char* transposed_names[] = {"conv_transpose1d", "conv_transpose2d", "conv_transpose3d"};

// numbers, "same" or "valid"
void set_padding(const char* op, const py::object& given, ops::ConvSettings& settings) {
  if (!py::isinstance<py::str>(given)) {
    settings.padding = to_shape(given);
    return;
  }
  const std::string mode = py::cast<std::string>(given);
  check(mode == "same" || mode == "valid", op, ": padding is '", mode,
        "'; expected 'same', 'valid' or numbers");
  settings.same = mode == "same";
}

void bind_conv_of(py::module_& m, int axes) {
  const std::string x = ops::plane_layouts[axes - 1], kernel = std::string("(filters, C / groups, kernel)");
  const std::string example = axes == 1 ? "(1, 1, 4)" : axes == 2 ? "(1, 1, 1, 4)" : "(1, 1, 1, 1, 4)";
  const std::string weight = axes == 1 ? "(1, 1, 2)" : axes == 2 ? "(1, 1, 1, 2)" : "(1, 1, 1, 1, 2)";
  const char* const name = names[axes - 1];
  m.def(
      name,
      [name, axes](const Tensor& x, const Tensor& w, const std::optional<Tensor>& b, const Shape& stride,
                   const py::object& padding, const Shape& dilation, int64_t groups,
                   const std::string& activation) {
        ops::ConvSettings settings = {.stride = stride,
                                      .dilation = dilation,
                                      .groups = groups,
                                      .activation = fused_activation(name, activation)};
        set_padding(name, padding, settings);
        return ops::conv(axes, x, w, b.value_or(Tensor()), settings);
      },
      py::arg("input"), py::arg("weight"), py::arg("bias") = py::none(), py::arg("stride") = 1,
      py::arg("padding") = 0, py::arg("dilation") = 1, py::arg("groups") = 1, py::arg("activation") = "",
      ("y[n, f, o] = bias[f] + sum over c and k of weight[f, c, k] x[n, c, o stride - padding + k "
       "dilation].\n\n"
       "Input " +
       x + "; weight " + kernel +
       "; bias (filters,). The input is 0 in the padding; "
       "'same' pads to the size of the input, 'valid' not at all. Each group of filters reads its own "
       "channels. "
       "`activation` names an activation that is applied in the same pass. Raises ValueError for sizes that "
       "do "
       "not fit and TypeError for other dtypes than float32 and float64. LeCun et al. 1989.\n\n"
       ">>> x = nncore.arange(4.0).reshape" +
       example + "\n>>> nncore.nn.functional." + name + "(x, nncore.ones" + weight +
       ").flatten().tolist()\n[1.0, 3.0, 5.0]")
          .c_str(),
      everywhere);
  const char* const transposed = transposed_names[axes - 1];
  m.def(
      transposed,
      [axes](const Tensor& x, const Tensor& w, const std::optional<Tensor>& b, const Shape& stride,
             const Shape& padding, const Shape& output_padding, int64_t groups, const Shape& dilation) {
        return ops::conv_transpose(axes, x, w, b.value_or(Tensor()), stride, padding, output_padding, groups,
                                   dilation);
      },
      py::arg("input"), py::arg("weight"), py::arg("bias") = py::none(), py::arg("stride") = 1,
      py::arg("padding") = 0, py::arg("output_padding") = 0, py::arg("groups") = 1, py::arg("dilation") = 1,
      ("The transposed convolution: each element of the input adds weight[c, f] to the output, `stride` "
       "elements "
       "apart.\n\nIt computes what the backward pass of " +
       std::string(name) + " computes for the input. Input " + x +
       "; weight (C, filters / groups, kernel). An axis has (n - 1) stride - 2 padding + "
       "dilation (k - 1) + output_padding + 1 elements afterwards. Raises ValueError for sizes that do not "
       "fit. "
       "Zeiler et al. 2010.\n\n>>> x = nncore.arange(4.0).reshape" +
       example + "\n>>> nncore.nn.functional." + transposed + "(x, nncore.ones" + weight +
       ").flatten().tolist()\n[0.0, 1.0, 3.0, 5.0, 3.0]")
          .c_str(),
      everywhere);
}

}  // namespace

void bind_conv(py::module_& m) {
  for (int axes = 1; axes <= 3; axes++) bind_conv_of(m, axes);
}

}  // namespace nncore::bind
