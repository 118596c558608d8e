// Scaled dot-product attention.
#pragma once
#include <optional>

#include "../core/random.h"
#include "../core/tensor.h"

namespace nncore::ops {

// Which keys a query attends to. `mask` is bool (true: the key counts) or holds numbers to add to the scores;
// it broadcasts to (..., queries, keys). With `causal`, query i attends to the keys 0 to i.
struct AttentionRule {
  Tensor mask;
  bool causal = false;
  std::optional<double> scale;  // 1 / sqrt(d) if not given
  double dropout = 0;           // a weight's probability of becoming 0; others are divided by 1 - dropout
  Generator* generator = nullptr;
};

// softmax(scale q k^T + mask) v: q (..., heads, queries, d), k (..., kv_heads, keys, d), v (..., kv_heads,
// keys, dv). With `grouped`, heads may be a multiple of kv_heads: consecutive heads share k and v.
Tensor attention(const Tensor& q, const Tensor& k, const Tensor& v, const AttentionRule& rule, bool grouped);

// The same with the heads side by side in each row, as projections write them: q (batch, queries, heads * d),
// k and v (batch, keys, heads * d); the mask is (batch, heads, queries, keys).
Tensor attention_of_rows(const Tensor& q, const Tensor& k, const Tensor& v, int64_t heads,
                         const AttentionRule& rule);

// The same with q, k and v side by side in each row: qkv (batch, steps, 3 * heads * d).
Tensor attention_of_packed(const Tensor& qkv, int64_t heads, const AttentionRule& rule);

}  // namespace nncore::ops
