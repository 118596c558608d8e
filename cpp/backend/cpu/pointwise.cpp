// Losses per element: one pass over the operands forward, and one per gradient. Blocks are summed while they
// are in the first-level cache, and their sums are joined in the order of row_sum.
#include <algorithm>
#include <cmath>

#include "../../core/error.h"
#include "../../core/parallel.h"
#include "../kernels/loss.h"
#include "../kernels/reduce.h"
#include "dispatch.h"
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
const T* from(const In& x, int64_t at) {
  return x ? x.as<T>() + at : nullptr;
}

template <class T>
void within(const char* what, int64_t n, const T* x, T low, T high) {
  const auto& k = kernels<T>().reduce;
  const T least = k.chunk[int(Reduction::min)](n, x), most = k.chunk[int(Reduction::max)](n, x);
  check(least >= low && most <= high, what, ", got values from ", least, " to ", most);
}

// Raises if operands are outside the domain of a formula.
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

void run(const PointwiseLossFwd& k) {
  visit_float(k.a.dtype, [&](auto zero) {
    using T = decltype(zero);
    const auto formula = kernels<T>().pointwise.fwd[k.op];
    const T scalars[] = {T(k.scalars[0]), T(k.scalars[1])};
    T* const y = k.y.as<T>();
    const auto values = [&](int64_t at, int64_t n, T* to) {
      const T *const a = from<T>(k.a, at), *const b = from<T>(k.b, at), *const c = from<T>(k.c, at);
      check_domain(k.op, n, a, b, c);
      formula(n, a, b, c, from<T>(k.w, at), scalars, to);
    };
    const int64_t blocks = (k.n + block - 1) / block;
    const Scratch<T> sums(k.summed ? blocks : 0);
    parallel_for(blocks, k.cost(), [&](int64_t begin, int64_t end) {
      T terms[block];
      for (int64_t i = begin; i < end; i++) {
        const int64_t at = i * block, n = std::min(block, k.n - at);
        values(at, n, k.summed ? terms : y + at);
        if (k.summed) sums.data()[i] = kernels<T>().reduce.chunk[int(Reduction::sum)](n, terms);
      }
    });
    if (k.summed) *y = row_sum(blocks, sums.data()) * T(k.scale);
  });
}

void run(const PointwiseLossBwd& k) {
  visit_float(k.a.dtype, [&](auto zero) {
    using T = decltype(zero);
    const T scalars[] = {T(k.scalars[0]), T(k.scalars[1])};
    const T* const dy = k.dy.as<T>();
    const T* const each_dy = k.summed ? nullptr : dy;
    const T scale = k.summed ? *dy * T(k.scale) : T(1);
    parallel_for(k.n, k.cost(), [&](int64_t begin, int64_t end) {
      for (int i = 0; i < 3; i++)
        if (T* const dx = k.grad[i].as<T>())
          write_out(dx, k.n, begin, end,
                    [&](int64_t at, int64_t n, T* to) {
                      kernels<T>().pointwise.bwd[k.op][i](
                          n, from<T>(k.a, at), from<T>(k.b, at), from<T>(k.c, at), from<T>(k.w, at),
                          each_dy ? each_dy + at : nullptr, scale, scalars, to);
                    },
                    1, {k.a.as<T>(), k.b.as<T>(), each_dy});
    });
  });
}

}  // namespace nncore::cpu
