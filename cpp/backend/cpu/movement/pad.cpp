// Padding with the tensor's own elements, at both ends of one axis.
#include "../../kernels/pad.h"

#include <algorithm>

#include "../../../core/parallel.h"

namespace nncore::cpu {

namespace {

// The index of the element (of n) at position i of the padded axis; element 0 is at position 0.
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

// Calls row(j) for every position j of the padded axis that is padding.
template <class K, class F>
void each_border_row(const K& k, F row) {
  for (int64_t j = 0; j < k.left; j++) row(j);
  for (int64_t j = k.left + k.n; j < k.left + k.n + k.right; j++) row(j);
}

}  // namespace

void run(const PadAxisFwd& k) {
  const int64_t width = k.left + k.n + k.right;
  visit(k.x.dtype, [&](auto zero) {
    using T = decltype(zero);
    const T* x = k.x.as<T>();
    T* y = k.y.as<T>();
    parallel_for(k.outer, k.cost(), [&](int64_t begin, int64_t end) {
      for (int64_t o = begin; o < end; o++) {
        const T* from = x + o * k.n * k.inner;
        T* to = y + o * width * k.inner;
        std::copy_n(from, k.n * k.inner, to + k.left * k.inner);
        each_border_row(k, [&](int64_t j) {
          std::copy_n(from + source(k.mode, j - k.left, k.n) * k.inner, k.inner, to + j * k.inner);
        });
      }
    });
  });
}

void run(const PadAxisBwd& k) {
  const int64_t width = k.left + k.n + k.right;
  visit_float(k.dy.dtype, [&](auto zero) {
    using T = decltype(zero);
    const T* dy = k.dy.as<T>();
    T* dx = k.dx.as<T>();
    parallel_for(k.outer, k.cost(), [&](int64_t begin, int64_t end) {
      for (int64_t o = begin; o < end; o++) {
        const T* from = dy + o * width * k.inner;
        T* to = dx + o * k.n * k.inner;
        std::copy_n(from + k.left * k.inner, k.n * k.inner, to);
        each_border_row(k, [&](int64_t j) {
          T* at = to + source(k.mode, j - k.left, k.n) * k.inner;
          for (int64_t i = 0; i < k.inner; i++) at[i] += from[j * k.inner + i];
        });
      }
    });
  });
}

}  // namespace nncore::cpu
