#include "../ops/attention.h"

#include "module.h"

namespace nncore::bind {

namespace {

ops::AttentionRule rule(const std::optional<Tensor>& mask, bool causal, std::optional<double> scale,
                        double dropout) {
  return {mask.value_or(Tensor()), causal, scale, dropout, &default_generator()};
}

}  // namespace

void bind_attention(py::module_& m) {
  m.def(
      "attention",
      [](const Tensor& q, const Tensor& k, const Tensor& v, const std::optional<Tensor>& mask, bool causal,
         std::optional<double> scale, bool grouped,
         double dropout) { return ops::attention(q, k, v, rule(mask, causal, scale, dropout), grouped); },
      py::arg("query"), py::arg("key"), py::arg("value"), py::arg("attn_mask") = py::none(),
      py::arg("is_causal") = false, py::arg("scale") = py::none(), py::arg("enable_gqa") = false,
      py::arg("dropout_p") = 0.0,
      "softmax(scale q k^T + mask) v for each head; query, key and value are (..., heads, rows, features).");
  m.def(
      "attention_of_rows",
      [](const Tensor& q, const Tensor& k, const Tensor& v, int64_t heads, const std::optional<Tensor>& mask,
         bool causal, std::optional<double> scale, double dropout) {
        return ops::attention_of_rows(q, k, v, heads, rule(mask, causal, scale, dropout));
      },
      py::arg("query"), py::arg("key"), py::arg("value"), py::arg("heads"), py::arg("attn_mask") = py::none(),
      py::arg("is_causal") = false, py::arg("scale") = py::none(), py::arg("dropout_p") = 0.0,
      "The same for heads side by side in each row: (batch, rows, heads * features).");
  m.def(
      "attention_of_packed",
      [](const Tensor& qkv, int64_t heads, const std::optional<Tensor>& mask, bool causal,
         std::optional<double> scale,
         double dropout) { return ops::attention_of_packed(qkv, heads, rule(mask, causal, scale, dropout)); },
      py::arg("qkv"), py::arg("heads"), py::arg("attn_mask") = py::none(), py::arg("is_causal") = false,
      py::arg("scale") = py::none(), py::arg("dropout_p") = 0.0,
      "The same for query, key and value side by side in each row: (batch, rows, 3 * heads * features).");
}

}  // namespace nncore::bind
