// Scaled dot-product attention.
#pragma once
#include "../cost.h"
#include "../kernel.h"
#include "../order.h"

namespace nncore {

// The strides between batches, heads and rows, in elements.
struct AttentionLayout {
  int64_t batch, head, row;
  bool operator==(const AttentionLayout&) const = default;
};

struct AttentionSpec {
  int64_t batch, heads, kv_heads;  // heads is a multiple of kv_heads: consecutive heads share one
  int64_t q_len, k_len, d, dv;     // the numbers of queries and keys, the sizes of a key and of a value
  AttentionLayout q, k, v, out;
  int64_t mask_stride[4];  // batch, head, query, key; 0 if broadcast
  double scale;
  double dropout;  // of probabilities
  bool causal;
  bool operator==(const AttentionSpec&) const = default;

  // Keys are cut into even tiles. With dropout, each row of scores draws attention_keys random numbers for each
  // tile.
  static int64_t tiles(int64_t keys) { return (keys + attention_keys - 1) / attention_keys; }
  static int64_t tile_begin(int64_t keys, int64_t tile);  // the end of the tile before

  int64_t group() const { return heads / kv_heads; }
  int64_t scores() const { return batch * heads * q_len * k_len; }
  double seen() const { return double(scores()) * (causal ? .5 : 1); }  // scores that are needed
  int64_t cost() const;                                                 // of forward
  std::string text() const;
};

// out = softmax(scale q k^T + mask) v for each head. The mask is bool (true: attend) or numbers. Saved for
// backward: stats (2, batch, heads, q_len), which convert the scores of each row to probabilities, and with
// dropout the key (2) of its random numbers, seed and offset.
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

// dq, dk and dv have the layouts of q, k and v, and are absent if not needed. With dropout, the key gives the
// random numbers of forward.
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
