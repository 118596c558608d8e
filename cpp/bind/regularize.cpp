// Dropout and embeddings.
#include "../ops/dropout.h"
#include "../ops/embedding.h"
#include "module.h"

namespace nncore::bind {

namespace {

using Drop = Tensor (*)(const char*, const Tensor&, double, int, Generator&);

// lead: how many axes, from the first, say what falls out as one; 0: each element. training: the default,
// which PyTorch has the one way for dropout and the other for alpha dropout.
template <Drop drop>
void bind_dropout(py::module_& m, const char* name, int lead, bool training, const char* doc) {
  m.def(
      name,
      [name, lead](const Tensor& x, double p, bool training, bool) {
        check(p >= 0 && p <= 1, name, ": p is ", p, " but must lie between 0 and 1");
        return training ? drop(name, x, p, lead, default_generator()) : x;
      },
      py::arg("input"), py::arg("p") = 0.5, py::arg("training") = training, py::arg("inplace") = false, doc);
}

int64_t padding_row(const char* op, const std::optional<int64_t>& padding, const Tensor& table) {
  if (!padding) return -1;
  const int64_t rows = table.ndim() > 0 ? table.size(0) : 0;
  check(*padding >= -rows && *padding < rows, op, ": padding_idx ", *padding, " is not one of ", rows,
        " rows");
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

void bind_regularize(py::module_& m) {
  bind_dropout<ops::dropout>(
      m, "dropout", 0, true,
      "Each element with probability p 0, else divided by 1 - p; as it is when not training.\n\nThe mask is "
      "never stored: backward makes it again from the random counter. Srivastava et al. 2014. Raises "
      "ValueError for p outside [0, 1].");
  bind_dropout<ops::dropout>(m, "dropout1d", 2, true, "dropout of whole channels of an input (N, C, ...).");
  bind_dropout<ops::dropout>(m, "dropout2d", 2, true, "dropout of whole channels of an input (N, C, ...).");
  bind_dropout<ops::dropout>(m, "dropout3d", 2, true, "dropout of whole channels of an input (N, C, ...).");
  bind_dropout<ops::alpha_dropout>(
      m, "alpha_dropout", 0, false,
      "dropout to SELU's lowest value that keeps mean 0 and variance 1. Klambauer et al. 2017, section 2.");
  bind_dropout<ops::alpha_dropout>(m, "feature_alpha_dropout", 2, false,
                                   "alpha_dropout of whole channels of an input (N, C, ...).");
  m.def(
      "embedding",
      [](const Tensor& ids, const Tensor& table, const std::optional<int64_t>& padding, bool by_frequency) {
        return ops::embedding(ids, table, padding_row("embedding", padding, table), by_frequency);
      },
      py::arg("input"), py::arg("weight"), py::arg("padding_idx") = py::none(),
      py::arg("scale_grad_by_freq") = false, "Row input[i] of weight for every i.", internal);
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
      "Sums, means or largest elements of rows of weight.", internal);
}

}  // namespace nncore::bind
