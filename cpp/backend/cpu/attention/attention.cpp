// softmax(scale q k^T + mask) v for every head, without memory for all scores of a long sequence.
#include "attention.h"

#include "../../../core/parallel.h"

namespace nncore::cpu {

namespace {

template <class T>
class AttentionForward {
 public:
  explicit AttentionForward(const AttentionFwd& a)
      : spec_(a.spec),
        cut_{spec_},
        mask_(a.mask),
        q_(a.q.as<T>()),
        k_(a.k.as<T>()),
        v_(a.v.as<T>()),
        out_(a.out.as<T>()),
        shift_(a.stats.as<T>()),
        share_(shift_ + spec_.batch * spec_.heads * spec_.q_len),
        dropout_(spec_, a.key.as<int64_t>()),
        turns_(spec_.q_len * spec_.group() >= turning_pays) {
    const int64_t blocks = cut_.query_blocks();
    parallel_ranges(spec_.batch * spec_.heads * blocks, a.cost(), [&](int64_t begin, int64_t end) {
      Work work(*this);
      for (int64_t i = begin; i < end; i++)
        if (const int64_t batch = i / blocks / spec_.heads, head = i / blocks % spec_.heads;
            !block(work, batch, head, i % blocks, false))
          block(work, batch, head, i % blocks, true);
    });
  }

 private:
  static constexpr int64_t turning_pays = 16;  // from this number of queries per head, k is transposed once

  struct Work {
    explicit Work(const AttentionForward& f)
        : keys(f.turns_ ? f.spec_.k_len : 0, f.spec_.d),
          mask(f.spec_, f.mask_),
          scores(AttentionCut::most_queries * AttentionCut::most_keys) {}
    TurnedHead<T> keys;
    const MaskTile<T> mask;
    const Scratch<T> scores;
    T largest[AttentionCut::most_queries], sum[AttentionCut::most_queries],
        factor[AttentionCut::most_queries];
  };

  // False if the result has a NaN that may come from a masked key; `seen_only` leaves masked keys out.
  bool block(Work& work, int64_t batch, int64_t head, int64_t i, bool seen_only) const {
    const Span queries = cut_.queries(i);
    const int64_t m = queries.size(), row = (batch * spec_.heads + head) * spec_.q_len + queries.begin;
    const Head<const T> k = cut_.head(k_, spec_.k, batch, head / spec_.group()),
                        v = cut_.head(v_, spec_.v, batch, head / spec_.group()),
                        q = cut_.head(q_, spec_.q, batch, head);
    const Head<T> out = cut_.head(out_, spec_.out, batch, head);
    std::fill_n(work.largest, m, -std::numeric_limits<T>::infinity());
    std::fill_n(work.sum, m, T(0));
    for (int64_t j = 0; j < cut_.key_tiles(); j++) {
      const Span keys = cut_.seen(queries, cut_.keys(j));
      if (keys.size() == 0) continue;
      if (interrupted()) return true;  // the call is abandoned
      AttentionTile<T> tile{};
      tile.rows = m, tile.keys = keys.size();
      tile.ahead = spec_.causal ? queries.begin - keys.begin : spec_.k_len;
      tile.scores = work.scores.data(), tile.ld = AttentionCut::most_keys;
      tile.scale = T(spec_.scale);
      tile.largest = work.largest, tile.sum = work.sum, tile.factor = work.factor;
      work.mask.set(tile, batch, head, queries, keys);
      multiply(Product<T>{.m = m,
                          .n = tile.keys,
                          .k = spec_.d,
                          .a = q.from(queries.begin),
                          .b = turns_ ? Matrix<const T>{work.keys.of(k) + keys.begin, work.keys.ld}
                                      : k.from(keys.begin).transposed(),
                          .c = {tile.scores, tile.ld}});
      kernels<T>().attention.softmax(tile);
      dropout_.apply(row, j, m, tile.keys, tile.scores, tile.ld);
      T* const to = out.row(queries.begin);
      if (j > 0) kernels<T>().attention.scale_rows(m, spec_.dv, work.factor, to, out.ld);
      if (seen_only)
        add_seen(tile, spec_.dv, tile.scores, v, keys.begin, to, out.ld, j > 0);
      else
        multiply(Product<T>{.m = m,
                            .n = spec_.dv,
                            .k = tile.keys,
                            .a = {tile.scores, tile.ld},
                            .b = v.from(keys.begin),
                            .c = {to, out.ld},
                            .accumulate = j > 0});
    }
    for (int64_t r = 0; r < m && spec_.k_len == 0; r++)
      std::fill_n(out.row(queries.begin + r), spec_.dv, T(0));
    if (!seen_only && cut_.hides(mask_) && has_nan(queries, spec_.dv, out)) return false;
    kernels<T>().attention.finish(m, work.largest, work.sum, share_ + row, shift_ + row);
    kernels<T>().attention.scale_rows(m, spec_.dv, share_ + row, out.row(queries.begin), out.ld);
    return true;
  }

  const AttentionSpec& spec_;
  const AttentionCut cut_;
  const In& mask_;
  const T *const q_, *const k_, *const v_;
  T *const out_, *const shift_, *const share_;
  const TileDropout<T> dropout_;
  const bool turns_;
};

}  // namespace

void run(const AttentionFwd& a) {
  if (int64_t* const key = a.key.as<int64_t>()) {
    key[0] = int64_t(a.random.key.seed);
    key[1] = int64_t(a.random.key.offset);
  }
  visit_float(a.q.dtype, [&](auto zero) { AttentionForward<decltype(zero)>{a}; });
}

}  // namespace nncore::cpu
