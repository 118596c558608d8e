// Local response normalisation (Krizhevsky, Sutskever and Hinton 2012, section 3.3): neighbouring channels
// damp one another. With s_c = k + alpha * sum of x_j^2 over the window of c, the channels c - size / 2 to
// c + (size - 1) / 2:  y_c = x_c s_c^-beta,  dx_c = dy_c s_c^-beta - 2 alpha beta x_c sum over the j in whose
// window c lies of dy_j x_j s_j^(-beta - 1).
#include <algorithm>

#include "../../core/parallel.h"
#include "dispatch.h"
#include "kernels.h"
#include "scratch.h"

namespace nncore {
#include "../../ops/elementwise_list.h"
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

// f(sample, first, width) over strips of the images of all samples
template <class F>
void for_strips(const ResponseNormAttrs& a, int64_t cost, F f) {
  const int64_t strips = (a.inner + strip - 1) / strip;
  parallel_for(a.n * strips, cost, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) {
      const int64_t first = i % strips * strip;
      f(i / strips, first, std::min(strip, a.inner - first));
    }
  });
}

}  // namespace

// args: x (n, channels, inner), s, y
void response_norm_fwd(const Call& call) {
  const auto& a = call.attrs<ResponseNormAttrs>();
  visit_float(call.args[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    const T alpha = T(a.alpha), k = T(a.k), beta = T(a.beta);
    for_strips(a, call.cost, [&](int64_t sample, int64_t first, int64_t width) {
      const int64_t base = sample * a.channels * a.inner + first;
      const Scratch<T> squares(a.channels * strip);
      const T* const x = call.arg<const T>(0) + base;
      for (int64_t c = 0; c < a.channels; c++)
        for (int64_t i = 0; i < width; i++)
          squares.data()[c * strip + i] = x[c * a.inner + i] * x[c * a.inner + i];
      for (int64_t c = 0; c < a.channels; c++) {
        T* const s = call.arg<T>(1) + base + c * a.inner;
        T* const y = call.arg<T>(2) + base + c * a.inner;
        const int64_t low = std::max<int64_t>(0, c - a.size / 2);
        const int64_t high = std::min(a.channels - 1, c + (a.size - 1) / 2);
        window_sum(low, high, strip, width, squares.data(), s);
        for (int64_t i = 0; i < width; i++) s[i] = k + alpha * s[i];
        raise_to(width, s, -beta, y);
        for (int64_t i = 0; i < width; i++) y[i] *= x[c * a.inner + i];
      }
    });
  });
}

// args: x, s, y, dy, dx
void response_norm_bwd(const Call& call) {
  const auto& a = call.attrs<ResponseNormAttrs>();
  visit_float(call.args[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    const T beta = T(a.beta), factor = T(2 * a.alpha * a.beta);
    for_strips(a, call.cost, [&](int64_t sample, int64_t first, int64_t width) {
      const int64_t base = sample * a.channels * a.inner + first;
      const Scratch<T> parts(a.channels * strip);
      const T *const x = call.arg<const T>(0) + base, *const s = call.arg<const T>(1) + base,
                     *const y = call.arg<const T>(2) + base, *const dy = call.arg<const T>(3) + base;
      for (int64_t c = 0; c < a.channels; c++)
        for (int64_t i = 0; i < width; i++) {
          const int64_t at = c * a.inner + i;
          parts.data()[c * strip + i] = dy[at] * y[at] / s[at];
        }
      for (int64_t c = 0; c < a.channels; c++) {
        T* const dx = call.arg<T>(4) + base + c * a.inner;
        T sum[strip];
        const int64_t low = std::max<int64_t>(0, c - (a.size - 1) / 2);
        const int64_t high = std::min(a.channels - 1, c + a.size / 2);
        window_sum(low, high, strip, width, parts.data(), sum);
        raise_to(width, s + c * a.inner, -beta, dx);
        for (int64_t i = 0; i < width; i++) {
          const int64_t at = c * a.inner + i;
          dx[i] = dy[at] * dx[i] - factor * x[at] * sum[i];
        }
      }
    });
  });
}

}  // namespace nncore::cpu
