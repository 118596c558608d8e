// Losses per element: one pass over the operands forward, and one per gradient. Blocks are summed while they
// are in the first-level cache.
#include <algorithm>
#include <cmath>

#include "../../../core/parallel.h"
#include "../../kernels/loss.h"
#include "../../kernels/reduce.h"
#include "../dispatch.h"
#include "../reduction/reduce.h"
#include "../report.h"
#include "../scratch.h"
#include "../stream.h"

namespace nncore {
#include "../../formulas.h"
//
#include "../../formulas_loss.h"
}  // namespace nncore

namespace nncore::cpu {

namespace {

template <class T>
const T* from(const In& x, int64_t at) {
  return x ? x.as<T>() + at : nullptr;
}

// Reports a fault unless the values of x, the elements of an operand from `at` on, lie from 0 to `high`.
template <class T>
void check_values(const PointwiseLossFwd& k, DomainFault kind, int64_t at, int64_t n, const T* x, T high) {
  const auto& chunk = kernels<T>().reduce.chunk;
  const T least = chunk[int(Reduction::min)](n, x), most = chunk[int(Reduction::max)](n, x);
  if (!(least >= T(0) && most <= high))
    report(k, {.position = at, .kind = kind, .least = double(least), .most = double(most)});
}

// Checks the operands of formulas that are defined for some values only.
template <class T>
void check_domain(const PointwiseLossFwd& k, int64_t at, int64_t n, const T* a, const T* b, const T* c) {
  if (k.op == LossOps::index_of<losses::Bce>) {
    check_values(k, bad_input_probability, at, n, a, T(1));
    check_values(k, bad_target_probability, at, n, b, T(1));
  }
  if (k.op == LossOps::index_of<losses::GaussianNll> && c)
    check_values(k, negative_variance, at, n, c, T(HUGE_VAL));
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
      check_domain(k, at, n, a, b, c);
      formula(n, a, b, c, from<T>(k.w, at), scalars, to);
    };
    const int64_t blocks = (k.n + loss_block - 1) / loss_block;
    const Scratch<T> sums(k.summed ? blocks : 0);
    parallel_for(blocks, k.cost(), [&](int64_t begin, int64_t end) {
      T terms[loss_block];
      for (int64_t i = begin; i < end; i++) {
        const int64_t at = i * loss_block, n = std::min(loss_block, k.n - at);
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
