// Scaled dot-product attention.
#pragma once
#include <optional>

#include "../core/random.h"
#include "../core/tensor.h"

namespace nncore::ops {

// What attention sees: a bool mask (true takes part) or numbers to be added, broadcast to (..., queries,
// keys); or with `causal` query i sees the keys up to i.
struct AttentionRule {
  Tensor mask;
  bool causal = false;
  std::optional<double> scale;  // 1 / sqrt(d) where not given
  double dropout = 0;           // with this probability a weight is 0, else divided by 1 - it
  Generator* generator = nullptr;
};

// softmax(scale q k^T + mask) v: q (..., heads, queries, d), k (..., kv_heads, keys, d), v (..., kv_heads,
// keys, dv). With `grouped` heads may be a multiple of kv_heads: each k and v serves that many neighbours.
Tensor attention(const Tensor& q, const Tensor& k, const Tensor& v, const AttentionRule& rule, bool grouped);

// The same of heads side by side, as projections leave them: q (batch, queries, heads * d), k, v (batch,
// keys, heads * d); the mask is (batch, heads, queries, keys).
Tensor attention_of_rows(const Tensor& q, const Tensor& k, const Tensor& v, int64_t heads,
                         const AttentionRule& rule);

// And with q, k and v side by side too: qkv (batch, steps, 3 * heads * d).
Tensor attention_of_packed(const Tensor& qkv, int64_t heads, const AttentionRule& rule);

}  // namespace nncore::ops
