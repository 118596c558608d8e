// Padding that repeats what is there: at each end of one axis.
#include <algorithm>

#include "../../core/parallel.h"
#include "kernels.h"

namespace nncore::cpu {

namespace {

// Which of n elements stands at place i of the padded axis, i counted from the first of them.
int64_t source(Padding mode, int64_t i, int64_t n) {
  if (i >= 0 && i < n) return i;
  switch (mode) {
    case Padding::reflect:
      return i < 0 ? -i : 2 * (n - 1) - i;
    case Padding::replicate:
      return i < 0 ? 0 : n - 1;
    default:
      return i < 0 ? i + n : i - n;
  }
}

// row(j) for every place j of the padded axis that is not of the middle.
template <class F>
void each_border_row(const PadAttrs& a, F row) {
  for (int64_t j = 0; j < a.left; j++) row(j);
  for (int64_t j = a.left + a.n; j < a.left + a.n + a.right; j++) row(j);
}

}  // namespace

// args: x (outer, n, inner), y (outer, left + n + right, inner)
void pad_axis_fwd(const Call& call) {
  const auto& a = call.attrs<PadAttrs>();
  const int64_t width = a.left + a.n + a.right;
  visit(call.args[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    const T* x = call.arg<const T>(0);
    T* y = call.arg<T>(1);
    parallel_for(a.outer, call.cost, [&](int64_t begin, int64_t end) {
      for (int64_t o = begin; o < end; o++) {
        const T* from = x + o * a.n * a.inner;
        T* to = y + o * width * a.inner;
        std::copy_n(from, a.n * a.inner, to + a.left * a.inner);
        each_border_row(a, [&](int64_t j) {
          std::copy_n(from + source(a.mode, j - a.left, a.n) * a.inner, a.inner, to + j * a.inner);
        });
      }
    });
  });
}

// dx = the sum of dy over the places that an element was copied to; args: dy, dx
void pad_axis_bwd(const Call& call) {
  const auto& a = call.attrs<PadAttrs>();
  const int64_t width = a.left + a.n + a.right;
  visit_float(call.args[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    const T* dy = call.arg<const T>(0);
    T* dx = call.arg<T>(1);
    parallel_for(a.outer, call.cost, [&](int64_t begin, int64_t end) {
      for (int64_t o = begin; o < end; o++) {
        const T* from = dy + o * width * a.inner;
        T* to = dx + o * a.n * a.inner;
        std::copy_n(from + a.left * a.inner, a.n * a.inner, to);
        each_border_row(a, [&](int64_t j) {
          T* at = to + source(a.mode, j - a.left, a.n) * a.inner;
          for (int64_t i = 0; i < a.inner; i++) at[i] += from[j * a.inner + i];
        });
      }
    });
  });
}

}  // namespace nncore::cpu
