#include "../pieces.h"

#include <algorithm>
#include <bit>
#include <deque>

#include "../../core/parallel.h"
#include "../backend.h"
#include "reduce_walk.h"
#include "scratch.h"

namespace nncore::cpu {

namespace {

// The results of a reduction of all elements, piece by piece: the nodes of one level of the tree by which the
// chunks of a row join.
struct Partial {
  const Call& call;
  Scratch<double> results;

  Partial(const Call& call, int64_t pieces) : call(call), results(pieces) {}

  void take(Call& part, int64_t i) const {
    visit_float(call.args[1].dtype, [&](auto zero) {
      part.args[1].data = reinterpret_cast<decltype(zero)*>(results.data()) + i;
    });
    part.attrs<ReduceAttrs>().scale = 1;
  }
  void finish(int64_t pieces) const {
    const auto& a = call.attrs<ReduceAttrs>();
    visit_float(call.args[1].dtype, [&](auto zero) {
      using T = decltype(zero);
      const T joined = join_pairwise(a.op, reinterpret_cast<T*>(results.data()), pieces);
      *call.arg<T>(1) = a.scale == 1 ? joined : T(joined * T(a.scale));
    });
  }
};

}  // namespace

void piecewise(const Call* const* calls, int count, int64_t local_bytes) {
  static_assert(piece % row_chunk == 0 && std::has_single_bit(uint64_t(piece / row_chunk)));
  const int64_t n = elements_of(*calls[0]), pieces = (n + piece - 1) / piece;
  int64_t cost = 0;
  std::deque<Partial> partials;
  for (int i = 0; i < count; i++) {
    cost += calls[i]->cost;
    if (reduces(*calls[i])) partials.emplace_back(*calls[i], pieces);
  }
  parallel_for(pieces, cost, [&](int64_t begin, int64_t end) {
    const Scratch<std::byte> local(local_bytes);
    for (int64_t i = begin; i < end; i++) {
      auto partial = partials.begin();
      for (int k = 0; k < count; k++) {
        Call part = *calls[k];
        cut(part, i * piece, std::min(piece, n - i * piece), local.data());
        if (reduces(part)) (partial++)->take(part, i);
        cpu_backend.run[size_t(part.kernel)](part);
      }
    }
  });
  for (const Partial& p : partials) p.finish(pieces);
}

}  // namespace nncore::cpu
