#include "../../../core/parallel.h"
#include "../../kernels/reduce.h"
#include "../dispatch.h"
#include "taps.h"

namespace nncore::cpu {

namespace {

// Calls f(at, weight, x, y) for the rows [begin, end) of outputs. `at` and `weight` are the taps of row y of
// outputs, and x is where its rows of inputs begin.
template <class T, class X, class Y, class F>
void for_outputs(const Resampling& s, const Taps<T>& taps, int64_t begin, int64_t end, X* x, Y* y, F f) {
  int64_t o = begin % s.m;
  x += begin / s.m * s.n * s.inner;
  y += begin * s.inner;
  for (int64_t i = begin; i < end; i++, y += s.inner) {
    f(taps.at(o), taps.weight(o), x, y);
    if (++o < s.m) continue;
    o = 0;
    x += s.n * s.inner;
  }
}

}  // namespace

// The threads split the rows of outputs.
void run(const ResampleFwd& k) {
  visit_float(k.x.dtype, [&](auto zero) {
    using T = decltype(zero);
    const Resampling& s = k.shape;
    const Taps<T> taps(s);
    parallel_for(s.outer * s.m, k.cost(), [&](int64_t begin, int64_t end) {
      const auto element = [&](const int64_t* at, const T* weight, const T* x, T* y) {
        T sum = weight[0] * x[at[0]];
        for (int64_t t = 1; t < taps.count; t++) sum += weight[t] * x[at[t]];
        *y = sum;
      };
      const auto row = [&](const int64_t* at, const T* weight, const T* x, T* y) {
        const T* rows[4];
        for (int64_t t = 0; t < taps.count; t++) rows[t] = x + at[t] * s.inner;
        kernels<T>().pool.blend(taps.count, rows, weight, s.inner, y);
      };
      if (s.inner == 1)
        for_outputs(s, taps, begin, end, k.x.as<T>(), k.y.as<T>(), element);
      else
        for_outputs(s, taps, begin, end, k.x.as<T>(), k.y.as<T>(), row);
    });
  });
}

// The threads split the outer axis.
void run(const ResampleBwd& k) {
  visit_float(k.dy.dtype, [&](auto zero) {
    using T = decltype(zero);
    const Resampling& s = k.shape;
    const Taps<T> taps(s);
    parallel_for(s.outer, k.cost(), [&](int64_t begin, int64_t end) {
      std::fill(k.dx.as<T>() + begin * s.n * s.inner, k.dx.as<T>() + end * s.n * s.inner, T(0));
      const auto element = [&](const int64_t* at, const T* weight, T* dx, const T* dy) {
        for (int64_t t = 0; t < taps.count; t++) dx[at[t]] += weight[t] * *dy;
      };
      const auto row = [&](const int64_t* at, const T* weight, T* dx, const T* dy) {
        for (int64_t t = 0; t < taps.count; t++)
          kernels<T>().pool.add_weighted(s.inner, weight[t], dy, dx + at[t] * s.inner);
      };
      if (s.inner == 1)
        for_outputs(s, taps, begin * s.m, end * s.m, k.dx.as<T>(), k.dy.as<T>(), element);
      else
        for_outputs(s, taps, begin * s.m, end * s.m, k.dx.as<T>(), k.dy.as<T>(), row);
    });
  });
}

}  // namespace nncore::cpu
