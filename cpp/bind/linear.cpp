#include "../ops/linear.h"

#include "../backend/hardware.h"
#include "../ops/elementwise.h"
#include "module.h"

namespace nncore::bind {

int fused_activation(const char* op, const std::string& wanted) {
  if (wanted.empty()) return -1;
  for (size_t i = 0; i < ops::unary_info.size(); i++)
    if (wanted == ops::unary_info[i].name && ops::unary_info[i].scalars.empty()) return int(i);
  raise<ValueError>(op, ": '", wanted,
                    "' is not an activation that can be fused; apply it to the result instead");
}

void bind_linear(py::module_& m, TensorClass& tensor) {
  m.def("matmul", ops::matmul, py::arg("input"), py::arg("other"),
        "The matrix product over the last two axes, batched over the others, like NumPy's matmul.");
  tensor.def("matmul", ops::matmul, py::arg("other"), "The matrix product, like NumPy's matmul.");
  m.def("product", ops::product, py::arg("a"), py::arg("b"), py::arg("trans_a") = false,
        py::arg("trans_b") = false, "The product of two matrices, each transposed or not; without history.",
        internal);
  m.def(
      "product_path",
      [](int64_t m, int64_t n, int64_t k, bool trans_a, bool trans_b) {
        return product_path({m, n, k, trans_a, trans_b});
      },
      py::arg("m"), py::arg("n"), py::arg("k"), py::arg("trans_a") = false, py::arg("trans_b") = false,
      "The path that a float32 product of this shape takes on one thread.", internal);
  m.def(
      "linear",
      [](const Tensor& x, const Tensor& w, const std::optional<Tensor>& b, const std::string& activation) {
        return ops::linear(x, w, b.value_or(Tensor()), fused_activation("linear", activation));
      },
      py::arg("input"), py::arg("weight"), py::arg("bias") = py::none(), py::arg("activation") = "",
      "activation(input @ weight.T + bias) in one pass: input (..., in), weight (out, in), bias (out,).",
      functional);
}

}  // namespace nncore::bind
