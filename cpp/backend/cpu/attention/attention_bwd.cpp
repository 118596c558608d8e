// Backward of attention. The probabilities of each tile are computed again from the saved shift and share:
//     p = exp(scale q k^T + mask - shift) share, dv = p^T dout, dp = dout v^T, delta = sum(dout out)
//     ds = scale p (dp - delta), dq = ds k, dk = ds^T q
// Dropout multiplies dp, and the p of dv, by the factors of forward. Each element adds its tiles in the same
// order, for any division of the work.
#include "../../../core/parallel.h"
#include "attention.h"

namespace nncore::cpu {

namespace {

template <class T>
class AttentionBackward {
 public:
  explicit AttentionBackward(const AttentionBwd& a)
      : spec_(a.spec),
        cut_{spec_},
        mask_(a.mask),
        cost_(a.cost()),
        q_(a.q.as<T>()),
        k_(a.k.as<T>()),
        v_(a.v.as<T>()),
        out_(a.out.as<T>()),
        shift_(a.stats.as<T>()),
        share_(shift_ + spec_.batch * spec_.heads * spec_.q_len),
        dout_(a.dout.as<T>()),
        dq_(a.dq.as<T>()),
        dk_(a.dk.as<T>()),
        dv_(a.dv.as<T>()),
        dropout_(spec_, a.key.as<int64_t>()),
        delta_(spec_.batch * spec_.heads * spec_.q_len) {
    find_delta();
    const int64_t shared = spec_.batch * spec_.kv_heads, blocks = cut_.query_blocks(),
                  tiles = cut_.key_tiles();
    const int64_t team = team_size(cost_);
    if (team == 1 || shared % team == 0 || shared >= 4 * team) {
      each(shared, [&](Work& work, int64_t i) {
        all_of(work, i / spec_.kv_heads, i % spec_.kv_heads, {0, blocks}, {0, tiles}, true, true);
      });
      return;
    }
    // Too few heads for the threads: queries and keys are split too, and the scores are computed twice.
    each(shared * blocks, [&](Work& work, int64_t i) {
      const int64_t at = i / blocks, block = i % blocks;
      all_of(work, at / spec_.kv_heads, at % spec_.kv_heads, {block, block + 1}, {0, tiles}, true, false);
    });
    each(shared * tiles, [&](Work& work, int64_t i) {
      const int64_t at = i / tiles, tile = i % tiles;
      all_of(work, at / spec_.kv_heads, at % spec_.kv_heads, {0, blocks}, {tile, tile + 1}, false, true);
    });
  }

 private:
  struct Work {
    explicit Work(const AttentionBackward& b)
        : keys(b.spec_.k_len, b.spec_.d),
          values(b.spec_.k_len, b.spec_.dv),
          mask(b.spec_, b.mask_),
          p(AttentionCut::most_queries * AttentionCut::most_keys),
          dp(AttentionCut::most_queries * AttentionCut::most_keys) {}
    TurnedHead<T> keys, values;
    const MaskTile<T> mask;
    const Scratch<T> p, dp;
  };

  template <class F>
  void each(int64_t count, F&& f) const {
    parallel_ranges(count, cost_, [&](int64_t begin, int64_t end) {
      Work work(*this);
      for (int64_t i = begin; i < end; i++) f(work, i);
    });
  }

  void find_delta() const {
    parallel_for(spec_.batch * spec_.heads, cost_ / 16, [&](int64_t begin, int64_t end) {
      for (int64_t h = begin; h < end; h++) {
        const Head<const T> out = cut_.head(out_, spec_.out, h / spec_.heads, h % spec_.heads),
                            dout = cut_.head(dout_, spec_.out, h / spec_.heads, h % spec_.heads);
        for (int64_t i = 0; i < spec_.q_len; i++)
          delta_.data()[h * spec_.q_len + i] = kernels<T>().reduce.dot(spec_.dv, dout.row(i), out.row(i));
      }
    });
  }

  static void clear(const Head<T>& x, Span rows, int64_t width) {
    for (int64_t i = rows.begin; i < rows.end; i++) std::fill_n(x.row(i), width, T(0));
  }

  // The given blocks of queries with the given tiles of keys, for all heads that share these keys.
  void all_of(Work& work, int64_t batch, int64_t kv, Span blocks, Span tiles, bool queries, bool keys) const {
    const Head<T> dk = cut_.head(dk_, spec_.k, batch, kv), dv = cut_.head(dv_, spec_.v, batch, kv);
    for (int64_t j = tiles.begin; keys && j < tiles.end; j++) {
      if (dk_) clear(dk, cut_.keys(j), spec_.d);
      if (dv_) clear(dv, cut_.keys(j), spec_.dv);
    }
    for (int64_t head = kv * spec_.group(); head < (kv + 1) * spec_.group(); head++) {
      const Head<T> dq = cut_.head(dq_, spec_.q, batch, head);
      for (int64_t i = blocks.begin; queries && dq_ && i < blocks.end; i++)
        clear(dq, cut_.queries(i), spec_.d);
      for (int64_t j = tiles.begin; j < tiles.end; j++)
        for (int64_t i = blocks.begin; i < blocks.end; i++)
          tile(work, batch, head, cut_.queries(i), j, queries && dq_, keys);
      for (int64_t i = blocks.begin; queries && dq_ && i < blocks.end; i++)
        finish_queries(work, batch, head, i);
    }
    for (int64_t j = tiles.begin; keys && j < tiles.end; j++) {
      if (dk_) settle_nan(cut_.keys(j), spec_.d, dk);
      if (dv_) settle_nan(cut_.keys(j), spec_.dv, dv);
    }
  }

  // A NaN in dq may come from a masked key: then dq is computed again without masked keys.
  void finish_queries(Work& work, int64_t batch, int64_t head, int64_t block) const {
    const Head<T> dq = cut_.head(dq_, spec_.q, batch, head);
    const Span queries = cut_.queries(block);
    if (!has_nan(queries, spec_.d, dq)) return;
    if (cut_.hides(mask_)) {
      clear(dq, queries, spec_.d);
      for (int64_t j = 0; j < cut_.key_tiles(); j++) tile(work, batch, head, queries, j, true, false, true);
    }
    settle_nan(queries, spec_.d, dq);
  }

  static void add_product(int64_t m, int64_t n, int64_t k, Matrix<const T> a, Matrix<const T> b,
                          Matrix<T> c) {
    multiply(Product<T>{.m = m, .n = n, .k = k, .a = a, .b = b, .c = c, .accumulate = true});
  }

  void tile(Work& work, int64_t batch, int64_t head, Span queries, int64_t j, bool need_q, bool need_kv,
            bool seen_only = false) const {
    const Span keys = cut_.seen(queries, cut_.keys(j));
    if (keys.size() == 0 || interrupted()) return;
    const int64_t m = queries.size(), n = keys.size(), ld = AttentionCut::most_keys,
                  kv = head / spec_.group(), row = (batch * spec_.heads + head) * spec_.q_len + queries.begin;
    T *const p = work.p.data(), *const dp = work.dp.data();
    const Head<const T> q = cut_.head(q_, spec_.q, batch, head), k = cut_.head(k_, spec_.k, batch, kv),
                        v = cut_.head(v_, spec_.v, batch, kv),
                        dout = cut_.head(dout_, spec_.out, batch, head);
    const Matrix<const T> q_rows = q.from(queries.begin), dout_rows = dout.from(queries.begin);
    const Matrix<const T> p_tile = {p, ld}, dp_tile = {dp, ld};
    multiply(Product<T>{.m = m,
                        .n = n,
                        .k = spec_.d,
                        .a = q_rows,
                        .b = {work.keys.of(k) + keys.begin, work.keys.ld},
                        .c = {p, ld}});
    multiply(Product<T>{.m = m,
                        .n = n,
                        .k = spec_.dv,
                        .a = dout_rows,
                        .b = {work.values.of(v) + keys.begin, work.values.ld},
                        .c = {dp, ld}});
    AttentionTile<T> tile{};
    tile.rows = m, tile.keys = n;
    tile.ahead = spec_.causal ? queries.begin - keys.begin : spec_.k_len;
    tile.scores = p, tile.ld = ld, tile.scale = T(spec_.scale);
    tile.dp = dp, tile.shift = shift_ + row, tile.share = share_ + row, tile.delta = delta_.data() + row;
    work.mask.set(tile, batch, head, queries, keys);
    dropout_.apply(row, j, m, n, dp, ld);
    kernels<T>().attention.softmax_bwd(tile);
    dropout_.apply(row, j, m, n, p, ld);
    const Head<T> dk = cut_.head(dk_, spec_.k, batch, kv), dv = cut_.head(dv_, spec_.v, batch, kv),
                  dq = cut_.head(dq_, spec_.q, batch, head);
    if (need_q && seen_only)
      add_seen(tile, spec_.d, dp, k, keys.begin, dq.row(queries.begin), dq.ld, true);
    else if (need_q)
      add_product(m, spec_.d, n, dp_tile, k.from(keys.begin), dq.from(queries.begin));
    if (need_kv && dv_) add_product(n, spec_.dv, m, p_tile.transposed(), dout_rows, dv.from(keys.begin));
    if (need_kv && dk_) add_product(n, spec_.d, m, dp_tile.transposed(), q_rows, dk.from(keys.begin));
  }

  const AttentionSpec& spec_;
  const AttentionCut cut_;
  const In& mask_;
  const int64_t cost_;
  const T *const q_, *const k_, *const v_, *const out_, *const shift_, *const share_, *const dout_;
  T *const dq_, *const dk_, *const dv_;
  const TileDropout<T> dropout_;
  const Scratch<T> delta_;
};

}  // namespace

void run(const AttentionBwd& a) {
  visit_float(a.q.dtype, [&](auto zero) { AttentionBackward<decltype(zero)>{a}; });
}

}  // namespace nncore::cpu
