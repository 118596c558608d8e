#include "../attention.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "../../backend/kernels/attention.h"
#include "../dropout.h"
#include "../linear.h"
#include "../shape.h"
#include "composed.h"
#include "parts.h"

namespace nncore::ops::composed {

namespace {

// Sets the score of each key that a query does not attend to, to -infinity.
Tensor masked(const Tensor& scores, const Tensor& mask, bool causal) {
  if (causal) {
    const Tensor key = range(0, scores.size(-1), scores), query = range(0, scores.size(-2), scores);
    const Tensor later = test<formulas::Gt>(key, unsqueeze(query, 1));
    return ops::masked_fill(scores, later, {-infinity, 0});
  }
  if (!mask.defined()) return scores;
  if (mask.dtype() == DType::boolean) return ops::masked_fill(scores, mask, {-infinity, 0}, false);
  return add(scores, mask);
}

// softmax over keys; a query that attends to no key has the probabilities 0
Tensor probabilities(const Tensor& scores) {
  if (scores.numel() == 0) return scores;
  const Tensor top = extreme_over("softmax", scores.detach(), true, last_axis, true);
  const Tensor sees_none = test<formulas::Eq>(top, number(-infinity, top));
  const Tensor e = apply<formulas::Exp>(subtract(scores, ops::masked_fill(top, sees_none, {0, 0})));
  const Tensor total = sum(e, last_axis, true);
  return divide(e, ops::masked_fill(total, sees_none, {1, 0}));
}

// The position of each key's random number, see AttentionSpec.
Tensor random_columns(const Tensor& p) {
  const int64_t keys = p.size(-1);
  std::vector<Tensor> columns;
  for (int64_t tile = 0; tile < AttentionSpec::tiles(keys); tile++) {
    const int64_t count = AttentionSpec::tile_begin(keys, tile + 1) - AttentionSpec::tile_begin(keys, tile),
                  first = tile * attention_keys;
    columns.push_back(range(first, first + count, p));
  }
  return cat(columns, 0);
}

Tensor dropped(const Tensor& p, const AttentionRule& rule) {
  if (rule.dropout == 0 || p.numel() == 0) return p;
  const Tensor columns = random_columns(p);
  Shape shape = p.shape();
  shape[p.ndim() - 1] = AttentionSpec::tiles(p.size(-1)) * attention_keys;
  const Tensor factors = dropout("dropout", full_like(shape, 1, p), rule.dropout, 0, *rule.generator);
  return multiply(p, index_select(factors, -1, columns));
}

}  // namespace

// softmax(scale q k^T + mask) v
Tensor attention(const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& mask,
                 const AttentionRule& rule) {
  const int64_t group = k.size(1) > 0 ? q.size(1) / k.size(1) : 1;
  const auto shared = [=](const Tensor& t) { return group > 1 ? repeat_interleave(t, group, 1) : t; };
  const double scale = rule.scale.value_or(1 / std::sqrt(double(std::max<int64_t>(q.size(-1), 1))));
  const Tensor scores = multiply(matmul(q, transpose(shared(k), -1, -2)), scale);
  return matmul(dropped(probabilities(masked(scores, mask, rule.causal)), rule), shared(v));
}

}  // namespace nncore::ops::composed
