// Backward of attention. The probabilities of each tile are made again from what forward kept: p = exp(scale
// q k^T + mask - shift) share, dv = p^T dout, dp = dout v^T, ds = scale p (dp - delta), dq = ds k, dk = ds^T
// q with delta = sum(dout out). Dropout multiplies dp, and the p of dv, by what forward drew. Each element
// adds its tiles in the same order, however work is split.
#include "../../core/parallel.h"
#include "attention.h"
#include "kernels.h"

namespace nncore::cpu {

namespace {

template <class T>
class AttentionBackward {
 public:
  explicit AttentionBackward(const Call& call)
      : call_(call),
        a_(call.attrs<AttentionAttrs>()),
        cut_{a_},
        q_(call.arg<const T>(0)),
        k_(call.arg<const T>(1)),
        v_(call.arg<const T>(2)),
        out_(call.arg<const T>(4)),
        shift_(call.arg<const T>(5)),
        share_(shift_ + a_.batch * a_.heads * a_.q_len),
        dout_(call.arg<const T>(6)),
        dq_(call.arg<T>(7)),
        dk_(call.arg<T>(8)),
        dv_(call.arg<T>(9)),
        dropout_(a_, call.arg<const int64_t>(10)),
        delta_(a_.batch * a_.heads * a_.q_len) {
    find_delta();
    const int64_t shared = a_.batch * a_.kv_heads, blocks = cut_.query_blocks(), tiles = cut_.key_tiles();
    const int64_t team = team_size(call.cost);
    if (team == 1 || shared % team == 0 || shared >= 4 * team) {
      each(shared, [&](Work& work, int64_t i) {
        all_of(work, i / a_.kv_heads, i % a_.kv_heads, {0, blocks}, {0, tiles}, true, true);
      });
      return;
    }
    // Too few heads: queries and keys are cut too, and the scores made twice.
    each(shared * blocks, [&](Work& work, int64_t i) {
      const int64_t at = i / blocks, block = i % blocks;
      all_of(work, at / a_.kv_heads, at % a_.kv_heads, {block, block + 1}, {0, tiles}, true, false);
    });
    each(shared * tiles, [&](Work& work, int64_t i) {
      const int64_t at = i / tiles, tile = i % tiles;
      all_of(work, at / a_.kv_heads, at % a_.kv_heads, {0, blocks}, {tile, tile + 1}, false, true);
    });
  }

 private:
  struct Work {
    explicit Work(const AttentionBackward& b)
        : keys(b.a_.k_len, b.a_.d),
          values(b.a_.k_len, b.a_.dv),
          mask(b.a_, b.call_.args[3]),
          p(AttentionCut::most_queries * AttentionCut::most_keys),
          dp(AttentionCut::most_queries * AttentionCut::most_keys) {}
    TurnedHead<T> keys, values;
    const MaskTile<T> mask;
    const Scratch<T> p, dp;
  };

  template <class F>
  void each(int64_t count, F&& f) const {
    parallel_ranges(count, call_.cost, [&](int64_t begin, int64_t end) {
      Work work(*this);
      for (int64_t i = begin; i < end; i++) f(work, i);
    });
  }

  void find_delta() const {
    parallel_for(a_.batch * a_.heads, call_.cost / 16, [&](int64_t begin, int64_t end) {
      for (int64_t h = begin; h < end; h++) {
        const Head<const T> out = cut_.head(out_, a_.out, h / a_.heads, h % a_.heads),
                            dout = cut_.head(dout_, a_.out, h / a_.heads, h % a_.heads);
        for (int64_t i = 0; i < a_.q_len; i++)
          delta_.data()[h * a_.q_len + i] = kernels<T>().reduce.dot(a_.dv, dout.row(i), out.row(i));
      }
    });
  }

  static void clear(const Head<T>& x, Span rows, int64_t width) {
    for (int64_t i = rows.begin; i < rows.end; i++) std::fill_n(x.row(i), width, T(0));
  }

  // The given blocks of queries against the given tiles of keys, for all heads that share these keys.
  void all_of(Work& work, int64_t batch, int64_t kv, Span blocks, Span tiles, bool queries, bool keys) const {
    const Head<T> dk = cut_.head(dk_, a_.k, batch, kv), dv = cut_.head(dv_, a_.v, batch, kv);
    for (int64_t j = tiles.begin; keys && j < tiles.end; j++) {
      if (dk_) clear(dk, cut_.keys(j), a_.d);
      if (dv_) clear(dv, cut_.keys(j), a_.dv);
    }
    for (int64_t head = kv * a_.group(); head < (kv + 1) * a_.group(); head++) {
      const Head<T> dq = cut_.head(dq_, a_.q, batch, head);
      for (int64_t i = blocks.begin; queries && dq_ && i < blocks.end; i++) clear(dq, cut_.queries(i), a_.d);
      for (int64_t j = tiles.begin; j < tiles.end; j++)
        for (int64_t i = blocks.begin; i < blocks.end; i++)
          tile(work, batch, head, cut_.queries(i), j, queries && dq_, keys);
      for (int64_t i = blocks.begin; queries && dq_ && i < blocks.end; i++)
        finish_queries(work, batch, head, i);
    }
    for (int64_t j = tiles.begin; keys && j < tiles.end; j++) {
      if (dk_) settle_nan(cut_.keys(j), a_.d, dk);
      if (dv_) settle_nan(cut_.keys(j), a_.dv, dv);
    }
  }

  // A NaN in dq may come from a key that is not seen: then dq is made again without those.
  void finish_queries(Work& work, int64_t batch, int64_t head, int64_t block) const {
    const Head<T> dq = cut_.head(dq_, a_.q, batch, head);
    const Span queries = cut_.queries(block);
    if (!has_nan(queries, a_.d, dq)) return;
    if (cut_.hides(call_)) {
      clear(dq, queries, a_.d);
      for (int64_t j = 0; j < cut_.key_tiles(); j++) tile(work, batch, head, queries, j, true, false, true);
    }
    settle_nan(queries, a_.d, dq);
  }

  void tile(Work& work, int64_t batch, int64_t head, Span queries, int64_t j, bool need_q, bool need_kv,
            bool seen_only = false) const {
    const Span keys = cut_.seen(queries, cut_.keys(j));
    if (keys.size() == 0 || interrupted()) return;
    const int64_t m = queries.size(), n = keys.size(), ld = AttentionCut::most_keys, kv = head / a_.group(),
                  row = (batch * a_.heads + head) * a_.q_len + queries.begin;
    T *const p = work.p.data(), *const dp = work.dp.data();
    const Head<const T> q = cut_.head(q_, a_.q, batch, head), k = cut_.head(k_, a_.k, batch, kv),
                        v = cut_.head(v_, a_.v, batch, kv), dout = cut_.head(dout_, a_.out, batch, head);
    const T *const q_rows = q.row(queries.begin), *const dout_rows = dout.row(queries.begin);
    const auto product = [](int64_t m, int64_t n, int64_t k, const T* a, int64_t lda, bool trans_a,
                            const T* b, int64_t ldb, T* c, int64_t ldc, bool accumulate) {
      gemm(Gemm<T>{m, n, k, a, lda, trans_a, b, ldb, false, c, ldc, accumulate});
    };
    product(m, n, a_.d, q_rows, q.ld, false, work.keys.of(k) + keys.begin, work.keys.ld, p, ld, false);
    product(m, n, a_.dv, dout_rows, dout.ld, false, work.values.of(v) + keys.begin, work.values.ld, dp, ld,
            false);
    AttentionTile<T> tile{};
    tile.rows = m, tile.keys = n;
    tile.ahead = a_.causal ? queries.begin - keys.begin : a_.k_len;
    tile.scores = p, tile.ld = ld, tile.scale = T(a_.scale);
    tile.dp = dp, tile.shift = shift_ + row, tile.share = share_ + row, tile.delta = delta_.data() + row;
    work.mask.set(tile, batch, head, queries, keys);
    dropout_.apply(row, j, m, n, dp, ld);
    kernels<T>().attention.softmax_bwd(tile);
    dropout_.apply(row, j, m, n, p, ld);
    const Head<T> dk = cut_.head(dk_, a_.k, batch, kv), dv = cut_.head(dv_, a_.v, batch, kv),
                  dq = cut_.head(dq_, a_.q, batch, head);
    if (need_q && seen_only)
      add_seen(tile, a_.d, dp, k, keys.begin, dq.row(queries.begin), dq.ld, true);
    else if (need_q)
      product(m, a_.d, n, dp, ld, false, k.row(keys.begin), k.ld, dq.row(queries.begin), dq.ld, true);
    if (need_kv && dv_)
      product(n, a_.dv, m, p, ld, true, dout_rows, dout.ld, dv.row(keys.begin), dv.ld, true);
    if (need_kv && dk_) product(n, a_.d, m, dp, ld, true, q_rows, q.ld, dk.row(keys.begin), dk.ld, true);
  }

  const Call& call_;
  const AttentionAttrs& a_;
  const AttentionCut cut_;
  const T *const q_, *const k_, *const v_, *const out_, *const shift_, *const share_, *const dout_;
  T *const dq_, *const dk_, *const dv_;
  const TileDropout<T> dropout_;
  const Scratch<T> delta_;
};

}  // namespace

// args: q, k, v, mask or none, out, stats, dout, then dq, dk, dv laid out like q, k, v, any of them none, and
// the key of the dropout or none
void attention_bwd(const Call& call) {
  visit_float(call.args[0].dtype, [&](auto zero) { AttentionBackward<decltype(zero)>{call}; });
}

}  // namespace nncore::cpu
