// Scaled dot-product attention.
#pragma once
#include "../cost.h"
#include "../kernel.h"

namespace nncore {

// Where the rows of a head lie: strides in numbers.
struct AttentionLayout {
  int64_t batch, head, row;
  bool operator==(const AttentionLayout&) const = default;
};

struct AttentionSpec {
  int64_t batch, heads, kv_heads;  // heads is a multiple of kv_heads, which are shared in turn
  int64_t q_len, k_len, d, dv;     // queries, keys, numbers in a query or key, numbers in a value
  AttentionLayout q, k, v, out;
  int64_t mask_stride[4];  // batch, head, query, key; 0 where stretched
  double scale;
  double dropout;  // of probabilities
  bool causal;
  bool operator==(const AttentionSpec&) const = default;

  // With dropout each row of scores draws random numbers for whole tiles of so many keys.
  static constexpr int64_t random_keys = 256;
  int64_t random_tiles() const { return (k_len + random_keys - 1) / random_keys; }

  int64_t group() const { return heads / kv_heads; }
  int64_t scores() const { return batch * heads * q_len * k_len; }
  double seen() const { return double(scores()) * (causal ? .5 : 1); }  // scores that are needed
  int64_t cost() const;                                                 // of forward
  std::string text() const;
};

// out = softmax(scale q k^T + mask) v for each head. The mask is bool (true takes part) or numbers. Kept for
// backward: stats (2, batch, heads, q_len), which say of each row what makes its scores probabilities, and
// with dropout the key (2) of its random numbers, seed and offset.
struct AttentionFwd {
  static constexpr Kernel kernel = Kernel::attention_fwd;
  In q, k, v, mask = {};
  Out out, stats, key = {};
  AttentionSpec spec;
  RandomBlocks random = {};  // with dropout

  uint64_t blocks() const;
  int64_t cost() const { return spec.cost(); }
  double flops() const;
  std::string text() const { return spec.text(); }
  bool operator==(const AttentionFwd&) const = default;
};

// dq, dk and dv are laid out like q, k and v, and absent where they are not needed. The key, present with
// dropout, gives the random numbers of forward again.
struct AttentionBwd {
  static constexpr Kernel kernel = Kernel::attention_bwd;
  In q, k, v, mask = {}, out, stats, dout, key = {};
  Out dq = {}, dk = {}, dv = {};
  AttentionSpec spec;

  int64_t cost() const { return 5 * spec.cost() / 2; }
  double flops() const;
  std::string text() const { return spec.text(); }
  bool operator==(const AttentionBwd&) const = default;
};

}  // namespace nncore
