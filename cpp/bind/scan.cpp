#include "../ops/scan.h"

#include "module.h"

namespace nncore::bind {

void bind_scan(py::module_& m, TensorClass& tensor) {
  bind_both(
      m, tensor, "cumsum",
      [](const Tensor& x, int64_t dim, std::optional<DType> dtype) {
        return typed(ops::cumsum(typed(x, dtype), dim), dtype);
      },
      py::arg("dim"), py::kw_only(), py::arg("dtype") = py::none(),
      "Cumulative sums along dim; integers sum to int64 without dtype.");
  bind_both(
      m, tensor, "cumprod",
      [](const Tensor& x, int64_t dim, std::optional<DType> dtype) {
        return typed(ops::cumprod(typed(x, dtype), dim), dtype);
      },
      py::arg("dim"), py::kw_only(), py::arg("dtype") = py::none(), "Cumulative products along dim.");
}

}  // namespace nncore::bind
