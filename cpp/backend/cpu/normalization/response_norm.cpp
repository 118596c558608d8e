// Local response normalization (Krizhevsky, Sutskever and Hinton 2012, section 3.3). The window of
// channel c is the channels c - size / 2 to c + (size - 1) / 2. With s_c = k + alpha * sum of x_j^2 over
// the window of c:
//     y_c = x_c s_c^-beta
//     dx_c = dy_c s_c^-beta - 2 alpha beta x_c sum of dy_j x_j s_j^(-beta - 1)
// where the sum is over all j whose window contains c.
#include <algorithm>

#include "../../../core/parallel.h"
#include "../../kernels/norm.h"
#include "../../kernels/reduce.h"
#include "../dispatch.h"
#include "../scratch.h"

namespace nncore {
#include "../../elementwise_list.h"
}

namespace nncore::cpu {

namespace {

constexpr int64_t strip = 512;

template <class T>
void raise_to(int64_t n, const T* x, T power, T* y) {
  kernels<T>().elementwise.unary_fwd[UnaryOps::index_of<formulas::PowScalar>](n, x, y, &power);
}

// y = sum of x over channels [low, high] of rows `ld` apart
template <class T>
void window_sum(int64_t low, int64_t high, int64_t ld, int64_t n, const T* x, T* y) {
  kernels<T>().reduce.columns[int(Reduction::sum)](high - low + 1, n, ld, x + low * ld, y, false);
}

// Calls f(sample, first, width) for strips of the images of all samples.
template <class K, class F>
void for_strips(const K& k, F f) {
  const int64_t strips = (k.inner + strip - 1) / strip;
  parallel_for(k.n * strips, k.cost(), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) {
      const int64_t first = i % strips * strip;
      f(i / strips, first, std::min(strip, k.inner - first));
    }
  });
}

}  // namespace

void run(const ResponseNormFwd& k) {
  visit_float(k.x.dtype, [&](auto zero) {
    using T = decltype(zero);
    const T alpha = T(k.alpha), bias = T(k.k), beta = T(k.beta);
    for_strips(k, [&](int64_t sample, int64_t first, int64_t width) {
      const int64_t base = sample * k.channels * k.inner + first;
      const Scratch<T> squares(k.channels * strip);
      const T* const x = k.x.as<T>() + base;
      for (int64_t c = 0; c < k.channels; c++)
        for (int64_t i = 0; i < width; i++)
          squares.data()[c * strip + i] = x[c * k.inner + i] * x[c * k.inner + i];
      for (int64_t c = 0; c < k.channels; c++) {
        T* const s = k.s.as<T>() + base + c * k.inner;
        T* const y = k.y.as<T>() + base + c * k.inner;
        const int64_t low = std::max<int64_t>(0, c - k.size / 2);
        const int64_t high = std::min(k.channels - 1, c + (k.size - 1) / 2);
        window_sum(low, high, strip, width, squares.data(), s);
        for (int64_t i = 0; i < width; i++) s[i] = bias + alpha * s[i];
        raise_to(width, s, -beta, y);
        for (int64_t i = 0; i < width; i++) y[i] *= x[c * k.inner + i];
      }
    });
  });
}

void run(const ResponseNormBwd& k) {
  visit_float(k.x.dtype, [&](auto zero) {
    using T = decltype(zero);
    const T beta = T(k.beta), factor = T(2 * k.alpha * k.beta);
    for_strips(k, [&](int64_t sample, int64_t first, int64_t width) {
      const int64_t base = sample * k.channels * k.inner + first;
      const Scratch<T> parts(k.channels * strip);
      const T *const x = k.x.as<T>() + base, *const s = k.s.as<T>() + base, *const y = k.y.as<T>() + base,
                     *const dy = k.dy.as<T>() + base;
      for (int64_t c = 0; c < k.channels; c++)
        for (int64_t i = 0; i < width; i++) {
          const int64_t at = c * k.inner + i;
          parts.data()[c * strip + i] = dy[at] * y[at] / s[at];
        }
      for (int64_t c = 0; c < k.channels; c++) {
        T* const dx = k.dx.as<T>() + base + c * k.inner;
        T sum[strip];
        const int64_t low = std::max<int64_t>(0, c - (k.size - 1) / 2);
        const int64_t high = std::min(k.channels - 1, c + k.size / 2);
        window_sum(low, high, strip, width, parts.data(), sum);
        raise_to(width, s + c * k.inner, -beta, dx);
        for (int64_t i = 0; i < width; i++) {
          const int64_t at = c * k.inner + i;
          dx[i] = dy[at] * dx[i] - factor * x[at] * sum[i];
        }
      }
    });
  });
}

}  // namespace nncore::cpu
