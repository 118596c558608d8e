#include "attention.h"

#include <algorithm>

#include "sizes.h"

namespace nncore {

int64_t AttentionSpec::cost() const {
  const double multiply_adds = double(scores()) * double(d + dv) * (causal ? .5 : 1);
  return flop_cost(multiply_adds) + element_cost(scores());
}

// Tiles consist of whole runs of attention_unit keys; the first ones have one run more.
int64_t AttentionSpec::tile_begin(int64_t keys, int64_t tile) {
  const int64_t runs = (keys + attention_unit - 1) / attention_unit, base = runs / tiles(keys),
                extra = runs % tiles(keys);
  return std::min(keys, attention_unit * (tile * base + std::min(tile, extra)));
}

std::string AttentionSpec::text() const {
  std::string text = sizes_text({batch, heads}) + " x " + sizes_text({q_len, k_len, d});
  if (dv != d) text += '+' + std::to_string(dv);
  if (causal) text += " causal";
  if (dropout > 0) text += " dropout";
  return text;
}

uint64_t AttentionFwd::blocks() const {
  const int64_t rows = spec.batch * spec.heads * spec.q_len;
  return uint64_t(rows * AttentionSpec::tiles(spec.k_len) * attention_keys / 4);
}

double AttentionFwd::flops() const { return spec.seen() * (2 * double(spec.d + spec.dv) + 5); }

// Backward computes the scores again, and the gradients of the probabilities.
double AttentionBwd::flops() const {
  const int64_t wanted = (bool(dq) + bool(dk)) * spec.d + bool(dv) * spec.dv;
  return spec.seen() * (2 * double(spec.d + spec.dv + wanted) + 6);
}

}  // namespace nncore
