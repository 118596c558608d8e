#include <algorithm>
#include <bit>
#include <deque>

#include "../../../core/parallel.h"
#include "../../kernels/reduce.h"
#include "../../pieces.h"
#include "../cpu_backend.h"
#include "../reduction/reduce_walk.h"
#include "../scratch.h"

namespace nncore::cpu {

namespace {

// The partial results of a reduction of all elements, one per piece. They form one level of the tree that
// joins the chunks of a row.
struct Partial {
  const Reduce& whole;
  Scratch<double> results;

  Partial(const Reduce& whole, int64_t pieces) : whole(whole), results(pieces) {}

  void take(Reduce& part, int64_t i) const {
    visit_float(part.y.dtype,
                [&](auto zero) { part.y.data = reinterpret_cast<decltype(zero)*>(results.data()) + i; });
    part.scale = 1;
  }
  void finish(int64_t pieces) const {
    visit_float(whole.y.dtype, [&](auto zero) {
      using T = decltype(zero);
      const T joined = join_pairwise(whole.op, reinterpret_cast<T*>(results.data()), pieces);
      *whole.y.as<T>() = whole.scale == 1 ? joined : T(joined * T(whole.scale));
    });
  }
};

}  // namespace

void piecewise(const Call* const* calls, int count, int64_t local_bytes) {
  static_assert(piece % row_chunk == 0 && std::has_single_bit(uint64_t(piece / row_chunk)));
  const int64_t n = elements_of(*calls[0]), pieces = (n + piece - 1) / piece;
  int64_t cost = 0;
  const Backend& backend = backend_of(host());
  std::deque<Partial> partials;
  for (int i = 0; i < count; i++) {
    cost += calls[i]->cost;
    if (reduces(*calls[i])) partials.emplace_back(calls[i]->as<Reduce>(), pieces);
  }
  parallel_for(pieces, cost, [&](int64_t begin, int64_t end) {
    const Scratch<std::byte> local(local_bytes);
    for (int64_t i = begin; i < end; i++) {
      auto partial = partials.begin();
      for (int k = 0; k < count; k++) {
        Call part = *calls[k];
        cut(part, i * piece, std::min(piece, n - i * piece), local.data());
        if (reduces(part)) (partial++)->take(part.as<Reduce>(), i);
        backend.run(part.kernel(), part.memory);
      }
    }
  });
  for (const Partial& p : partials) p.finish(pieces);
}

}  // namespace nncore::cpu
