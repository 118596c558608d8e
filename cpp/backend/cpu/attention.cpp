// softmax(scale q k^T + mask) v for every head, without ever holding all scores of a long sequence.
#include "attention.h"

#include "../../core/parallel.h"
#include "../../core/random.h"
#include "kernels.h"

namespace nncore::cpu {

namespace {

template <class T>
class AttentionForward {
 public:
  explicit AttentionForward(const Call& call)
      : call_(call),
        a_(call.attrs<AttentionAttrs>()),
        cut_{a_},
        q_(call.arg<const T>(0)),
        k_(call.arg<const T>(1)),
        v_(call.arg<const T>(2)),
        out_(call.arg<T>(4)),
        shift_(call.arg<T>(5)),
        share_(shift_ + a_.batch * a_.heads * a_.q_len),
        dropout_(a_, call.arg<const int64_t>(6)),
        turns_(a_.q_len * a_.group() >= turning_pays) {
    const int64_t blocks = cut_.query_blocks();
    parallel_ranges(a_.batch * a_.heads * blocks, call.cost, [&](int64_t begin, int64_t end) {
      Work work(*this);
      for (int64_t i = begin; i < end; i++)
        if (const int64_t batch = i / blocks / a_.heads, head = i / blocks % a_.heads;
            !block(work, batch, head, i % blocks, false))
          block(work, batch, head, i % blocks, true);
    });
  }

 private:
  static constexpr int64_t turning_pays = 16;  // queries that meet the keys of a head

  struct Work {
    explicit Work(const AttentionForward& f)
        : keys(f.turns_ ? f.a_.k_len : 0, f.a_.d),
          mask(f.a_, f.call_.args[3]),
          scores(AttentionCut::most_queries * AttentionCut::most_keys) {}
    TurnedHead<T> keys;
    const MaskTile<T> mask;
    const Scratch<T> scores;
    T largest[AttentionCut::most_queries], sum[AttentionCut::most_queries],
        factor[AttentionCut::most_queries];
  };

  // False if a NaN turns up that may come from a key that is not seen; `seen_only` keeps those out.
  bool block(Work& work, int64_t batch, int64_t head, int64_t i, bool seen_only) const {
    const Span queries = cut_.queries(i);
    const int64_t m = queries.size(), row = (batch * a_.heads + head) * a_.q_len + queries.begin;
    const Head<const T> k = cut_.head(k_, a_.k, batch, head / a_.group()),
                        v = cut_.head(v_, a_.v, batch, head / a_.group()),
                        q = cut_.head(q_, a_.q, batch, head);
    const Head<T> out = cut_.head(out_, a_.out, batch, head);
    std::fill_n(work.largest, m, -std::numeric_limits<T>::infinity());
    std::fill_n(work.sum, m, T(0));
    for (int64_t j = 0; j < cut_.key_tiles(); j++) {
      const Span keys = cut_.seen(queries, cut_.keys(j));
      if (keys.size() == 0) continue;
      if (interrupted()) return true;  // the call is abandoned
      AttentionTile<T> tile{};
      tile.rows = m, tile.keys = keys.size();
      tile.ahead = a_.causal ? queries.begin - keys.begin : a_.k_len;
      tile.scores = work.scores.data(), tile.ld = AttentionCut::most_keys;
      tile.scale = T(a_.scale);
      tile.largest = work.largest, tile.sum = work.sum, tile.factor = work.factor;
      work.mask.set(tile, batch, head, queries, keys);
      Gemm<T> scores = {m,    tile.keys,   a_.d,   q.row(queries.begin), q.ld, false, k.row(keys.begin), k.ld,
                        true, tile.scores, tile.ld};
      if (turns_) scores.b = work.keys.of(k) + keys.begin, scores.ldb = work.keys.ld, scores.trans_b = false;
      gemm(scores);
      kernels<T>().attention.softmax(tile);
      dropout_.apply(row, j, m, tile.keys, tile.scores, tile.ld);
      T* const to = out.row(queries.begin);
      if (j > 0) kernels<T>().attention.scale_rows(m, a_.dv, work.factor, to, out.ld);
      if (seen_only)
        add_seen(tile, a_.dv, tile.scores, v, keys.begin, to, out.ld, j > 0);
      else
        gemm(Gemm<T>{m, a_.dv, tile.keys, tile.scores, tile.ld, false, v.row(keys.begin), v.ld, false, to,
                     out.ld, j > 0});
    }
    for (int64_t r = 0; r < m && a_.k_len == 0; r++) std::fill_n(out.row(queries.begin + r), a_.dv, T(0));
    if (!seen_only && cut_.hides(call_) && has_nan(queries, a_.dv, out)) return false;
    kernels<T>().attention.finish(m, work.largest, work.sum, share_ + row, shift_ + row);
    kernels<T>().attention.scale_rows(m, a_.dv, share_ + row, out.row(queries.begin), out.ld);
    return true;
  }

  const Call& call_;
  const AttentionAttrs& a_;
  const AttentionCut cut_;
  const T *const q_, *const k_, *const v_;
  T *const out_, *const shift_, *const share_;
  const TileDropout<T> dropout_;
  const bool turns_;
};

}  // namespace

// args: q, k, v, mask or none, out, stats (2, batch, heads, queries): shift and share, key (2) of the dropout
// or none
void attention_fwd(const Call& call) {
  if (int64_t* const key = call.arg<int64_t>(6)) {
    const RandomKey from =
        call.generator->reserve(uint64_t(TileDropout<float>::blocks(call.attrs<AttentionAttrs>())));
    key[0] = int64_t(from.seed);
    key[1] = int64_t(from.offset);
  }
  visit_float(call.args[0].dtype, [&](auto zero) { AttentionForward<decltype(zero)>{call}; });
}

}  // namespace nncore::cpu
