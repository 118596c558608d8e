#include "../ops/embedding.h"

#include "module.h"

namespace nncore::bind {

namespace {

int64_t padding_row(const char* op, const std::optional<int64_t>& padding, const Tensor& table) {
  if (!padding) return -1;
  const int64_t rows = table.ndim() > 0 ? table.size(0) : 0;
  check(*padding >= -rows && *padding < rows, op, ": padding_idx ", *padding,
        " is out of range for a table of ", rows, " rows");
  return *padding < 0 ? *padding + rows : *padding;
}

ops::Bags::Mode mode_of(const std::string& name) {
  using enum ops::Bags::Mode;
  if (name == "sum") return sum;
  if (name == "mean") return mean;
  check(name == "max", "embedding_bag: mode is '", name, "'; expected 'sum', 'mean' or 'max'");
  return max;
}

}  // namespace

void bind_embedding(py::module_& m) {
  m.def(
      "embedding",
      [](const Tensor& ids, const Tensor& table, const std::optional<int64_t>& padding, bool by_frequency) {
        return ops::embedding(ids, table, padding_row("embedding", padding, table), by_frequency);
      },
      py::arg("input"), py::arg("weight"), py::arg("padding_idx") = py::none(),
      py::arg("scale_grad_by_freq") = false, "The rows of weight whose indices are in input.", internal);
  m.def(
      "embedding_bag",
      [](const Tensor& ids, const Tensor& table, const std::optional<Tensor>& offsets,
         const std::string& mode, bool has_end, const std::optional<int64_t>& padding, bool by_frequency,
         const std::optional<Tensor>& weights) {
        return ops::embedding_bag(
            ids, table,
            {mode_of(mode), offsets.value_or(Tensor()), has_end, padding_row("embedding_bag", padding, table),
             by_frequency, weights.value_or(Tensor())});
      },
      py::arg("input"), py::arg("weight"), py::arg("offsets") = py::none(), py::arg("mode") = "mean",
      py::arg("include_last_offset") = false, py::arg("padding_idx") = py::none(),
      py::arg("scale_grad_by_freq") = false, py::arg("per_sample_weights") = py::none(),
      "The sum, mean or maximum of the rows of weight in each bag.", internal);
}

}  // namespace nncore::bind
