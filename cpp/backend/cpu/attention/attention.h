// Shared by forward and backward of attention: the rows of each head, the division of queries and keys into
// tiles (by the shape only, because it decides the bits), and the part of the mask for a tile.
#pragma once
#include <algorithm>
#include <cmath>
#include <limits>

#include "../../kernels/attention.h"
#include "../../kernels/reduce.h"
#include "../dispatch.h"
#include "../product/product.h"
#include "../scratch.h"

namespace nncore::cpu {

// One head of q, k or v, or of an array with their layout.
template <class T>
struct Head {
  T* data;
  int64_t ld;
  T* row(int64_t i) const { return data + i * ld; }
  Matrix<T> from(int64_t i) const { return {row(i), ld}; }
};

struct AttentionCut {
  // 70 rows are five panels of 14 rows on the widest level; tiles of scores fit the second-level cache.
  static constexpr int64_t most_queries = attention_queries, most_keys = attention_keys;
  const AttentionSpec& spec;

  bool hides(const In& mask) const { return spec.causal || mask; }  // some keys are masked for some queries
  int64_t query_blocks() const { return ceil_div(spec.q_len, most_queries); }
  Span queries(int64_t i) const { return part(spec.q_len, query_blocks(), i); }
  int64_t key_tiles() const { return AttentionSpec::tiles(spec.k_len); }
  Span keys(int64_t j) const {
    return {AttentionSpec::tile_begin(spec.k_len, j), AttentionSpec::tile_begin(spec.k_len, j + 1)};
  }
  // The keys of a tile to which some of the queries attend.
  Span seen(Span queries, Span keys) const {
    if (spec.causal) keys.end = std::max(keys.begin, std::min(keys.end, queries.end));
    return keys;
  }
  template <class T>
  Head<T> head(T* x, const AttentionLayout& at, int64_t batch, int64_t head) const {
    return {x ? x + batch * at.batch + head * at.head : nullptr, at.row};
  }
};

// x^T of one head at a time, computed again only for another head.
template <class T>
class TurnedHead {
 public:
  TurnedHead(int64_t rows, int64_t width)
      : ld(round_up(rows, 16) + 16), rows_(rows), width_(width), turned_(rows ? width * ld : 0) {}

  const int64_t ld;

  const T* of(const Head<const T>& x) {
    if (x.data != now_) kernels<T>().product.transpose(rows_, width_, x.data, x.ld, turned_.data(), ld);
    now_ = x.data;
    return turned_.data();
  }

 private:
  const int64_t rows_, width_;
  const T* now_ = nullptr;
  const Scratch<T> turned_;
};

// Dropout of probabilities. Each row of each tile of keys has most_keys random numbers, which depend only on
// the position, so that forward and backward draw the same ones.
template <class T>
class TileDropout {
 public:
  // key (2): seed and offset; null without dropout
  TileDropout(const AttentionSpec& spec, const int64_t* key)
      : spec_(spec), key_(key), tiles_(AttentionSpec::tiles(spec.k_len)) {}

  // x (rows, keys) of tile j becomes 0 or x / (1 - p); its first row is row `row` of all heads
  void apply(int64_t row, int64_t j, int64_t rows, int64_t keys, T* x, int64_t ld) const {
    if (!key_) return;
    const T scale = spec_.dropout == 1 ? T(0) : T(1 / (1 - spec_.dropout));
    for (int64_t r = 0; r < rows; r++)
      kernels<T>().random.dropout(keys, ((row + r) * tiles_ + j) * AttentionCut::most_keys, uint64_t(key_[0]),
                                  uint64_t(key_[1]), spec_.dropout, x + r * ld, scale, T(0), T(0),
                                  x + r * ld);
  }

 private:
  const AttentionSpec& spec_;
  const int64_t* const key_;
  const int64_t tiles_;
};

template <class T>
bool has_nan(Span rows, int64_t n, const Head<T>& x) {
  constexpr int64_t strip = 64;
  T largest[strip];  // of each column; NaN if it contains a NaN
  for (int64_t j = 0; j < n; j += strip) {
    const int64_t width = std::min(strip, n - j);
    kernels<T>().reduce.columns[int(Reduction::max)](rows.size(), width, x.ld, x.row(rows.begin) + j, largest,
                                                     false);
    for (int64_t c = 0; c < width; c++)
      if (largest[c] != largest[c]) return true;
  }
  return false;
}

// Replaces every NaN by the same NaN, because the sign of a NaN depends on the processor.
template <class T>
void settle_nan(Span rows, int64_t n, const Head<T>& x) {
  if (!has_nan(rows, n, x)) return;
  for (int64_t i = rows.begin; i < rows.end; i++)
    for (int64_t j = 0; j < n; j++)
      if (x.row(i)[j] != x.row(i)[j]) x.row(i)[j] = std::numeric_limits<T>::quiet_NaN();
}

// to (rows, n) (+)= p x over the keys of a tile, each element one chain in order of keys, without
// masked keys: in a product, 0 times a NaN of a masked key is NaN. Slow; used for results in which the
// product gave a NaN.
template <class T>
void add_seen(const AttentionTile<T>& t, int64_t n, const T* p, const Head<const T>& x, int64_t first_key,
              T* to, int64_t ld_to, bool accumulate) {
  for (int64_t r = 0; r < t.rows; r++) {
    T* const y = to + r * ld_to;
    if (!accumulate) std::fill_n(y, n, T(0));
    for (int64_t j = 0; j < std::min(t.keys, r + t.ahead + 1); j++) {
      if (t.bias && t.bias[r * t.ld_bias + j] == -std::numeric_limits<T>::infinity()) continue;
      const T* const row = x.row(first_key + j);
      for (int64_t c = 0; c < n; c++) y[c] = std::fma(p[r * t.ld + j], row[c], y[c]);
    }
  }
}

// The mask of one tile at a time, as numbers to add; a bool mask becomes 0 and -inf.
template <class T>
class MaskTile {
 public:
  MaskTile(const AttentionSpec& spec, const In& mask)
      : spec_(spec),
        mask_(mask),
        direct_(mask.dtype != DType::boolean && spec.mask_stride[3] == 1),
        copy_(mask && !direct_ ? AttentionCut::most_queries * AttentionCut::most_keys : 0) {}

  void set(AttentionTile<T>& tile, int64_t batch, int64_t head, Span queries, Span keys) const {
    tile.bias = nullptr;
    tile.ld_bias = 0;
    if (!mask_) return;
    const int64_t* const stride = spec_.mask_stride;
    const int64_t at =
        batch * stride[0] + head * stride[1] + queries.begin * stride[2] + keys.begin * stride[3];
    if (direct_) {
      tile.bias = mask_.as<T>() + at;
      tile.ld_bias = stride[2];
      return;
    }
    const int64_t rows = stride[2] ? queries.size() : 1;
    const auto copy = [&](const auto* from, auto added) {
      for (int64_t i = 0; i < rows; i++)
        for (int64_t j = 0; j < keys.size(); j++)
          copy_.data()[i * AttentionCut::most_keys + j] = added(from[i * stride[2] + j * stride[3]]);
    };
    if (mask_.dtype == DType::boolean)
      copy(mask_.as<uint8_t>() + at,
           [](uint8_t takes_part) { return takes_part ? T(0) : -std::numeric_limits<T>::infinity(); });
    else
      copy(mask_.as<T>() + at, [](T x) { return x; });
    tile.bias = copy_.data();
    tile.ld_bias = stride[2] ? AttentionCut::most_keys : 0;
  }

 private:
  const AttentionSpec& spec_;
  const In& mask_;
  const bool direct_;
  const Scratch<T> copy_;
};

}  // namespace nncore::cpu
