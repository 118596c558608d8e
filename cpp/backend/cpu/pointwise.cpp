// Losses of single elements: one pass over the operands forward, one for each gradient. A sum is taken of
// blocks, each while it is in the first cache level, and the blocks' sums join in the order of row_sum.
#include <algorithm>
#include <cmath>

#include "../../core/error.h"
#include "../../core/parallel.h"
#include "dispatch.h"
#include "kernels.h"
#include "reduce.h"
#include "scratch.h"
#include "stream.h"

namespace nncore {
#include "../formulas.h"
//
#include "../formulas_loss.h"
}  // namespace nncore

namespace nncore::cpu {

namespace {

constexpr int64_t block = 2048;

template <class T>
const T* from(const Call& call, int i, int64_t at) {
  const T* const p = call.arg<const T>(i);
  return p ? p + at : nullptr;
}

template <class T>
void within(const char* what, int64_t n, const T* x, T low, T high) {
  const auto& k = kernels<T>().reduce;
  const T least = k.chunk[int(Reduction::min)](n, x), most = k.chunk[int(Reduction::max)](n, x);
  check(least >= low && most <= high, what, ", got values from ", least, " to ", most);
}

// What the domain of a formula asks of its operands.
template <class T>
void check_domain(int op, int64_t n, const T* a, const T* b, const T* c) {
  if (op == LossOps::index_of<losses::Bce>) {
    within("binary_cross_entropy: input must be probabilities between 0 and 1", n, a, T(0), T(1));
    within("binary_cross_entropy: target must be probabilities between 0 and 1", n, b, T(0), T(1));
  }
  if (op == LossOps::index_of<losses::GaussianNll> && c)
    within("gaussian_nll_loss: var must not be negative", n, c, T(0), T(HUGE_VAL));
}

}  // namespace

// args: a, b or none, c or none, w or none, y (n, or 1 when summed)
void pointwise_loss_fwd(const Call& call) {
  const auto& attrs = call.attrs<PointwiseLossAttrs>();
  visit_float(call.args[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    const auto run = kernels<T>().pointwise.fwd[attrs.op];
    const T scalars[max_scalars] = {T(attrs.scalars[0]), T(attrs.scalars[1])};
    T* const y = call.arg<T>(4);
    const auto values = [&](int64_t at, int64_t n, T* to) {
      check_domain(attrs.op, n, from<T>(call, 0, at), from<T>(call, 1, at), from<T>(call, 2, at));
      run(n, from<T>(call, 0, at), from<T>(call, 1, at), from<T>(call, 2, at), from<T>(call, 3, at), scalars,
          to);
    };
    const int64_t blocks = (attrs.n + block - 1) / block;
    const Scratch<T> sums(attrs.summed ? blocks : 0);
    parallel_for(blocks, call.cost, [&](int64_t begin, int64_t end) {
      T terms[block];
      for (int64_t i = begin; i < end; i++) {
        const int64_t at = i * block, n = std::min(block, attrs.n - at);
        values(at, n, attrs.summed ? terms : y + at);
        if (attrs.summed) sums.data()[i] = kernels<T>().reduce.chunk[int(Reduction::sum)](n, terms);
      }
    });
    if (attrs.summed) *y = row_sum(blocks, sums.data()) * T(attrs.scale);
  });
}

// args: a, b or none, c or none, w or none, dy (n, or 1 when summed), da, db, dc: none where not needed
void pointwise_loss_bwd(const Call& call) {
  const auto& attrs = call.attrs<PointwiseLossAttrs>();
  visit_float(call.args[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    const T scalars[max_scalars] = {T(attrs.scalars[0]), T(attrs.scalars[1])};
    const T* const dy = call.arg<const T>(4);
    const T scale = attrs.summed ? *dy * T(attrs.scale) : T(1);
    parallel_for(attrs.n, call.cost, [&](int64_t begin, int64_t end) {
      for (int k = 0; k < 3; k++)
        if (T* const dx = call.arg<T>(5 + k))
          write_out(dx, attrs.n, begin, end,
                    [&](int64_t i, int64_t n, T* to) {
                      kernels<T>().pointwise.bwd[attrs.op][k](
                          n, from<T>(call, 0, i), from<T>(call, 1, i), from<T>(call, 2, i),
                          from<T>(call, 3, i), attrs.summed ? nullptr : dy + i, scale, scalars, to);
                    },
                    1, {call.arg<const T>(0), call.arg<const T>(1), attrs.summed ? nullptr : dy});
    });
  });
}

}  // namespace nncore::cpu
