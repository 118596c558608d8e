// The elements of sliding windows as columns, and the sum of such columns in their places.
#include "windows.h"

namespace nncore::cpu {

namespace {

// Calls f(j, column, at) for every row of outputs at every position of a window. `column` is the position of
// the row in the columns of the plane. Its outputs [j.begin, j.end) are outside the padding, and `at` is the
// position of the first of them in the plane.
template <class F>
void each_row(const PoolShape& s, F f) {
  const auto& [d, h, w] = s.axes;
  int64_t column = 0;
  for (int64_t i = 0; i < s.window(); i++) {
    const int64_t c = i % w.kernel * w.dilation - w.padding,
                  r = i / w.kernel % h.kernel * h.dilation - h.padding,
                  p = i / w.kernel / h.kernel * d.dilation - d.padding;
    const int64_t begin = std::min(w.out, c < 0 ? (-c + w.stride - 1) / w.stride : 0);
    const int64_t end = std::clamp(c < w.in ? (w.in - c + w.stride - 1) / w.stride : 0, begin, w.out);
    for (int64_t o = 0; o < d.out * h.out; o++, column += w.out) {
      const int64_t y = o % h.out * h.stride + r, z = o / h.out * d.stride + p;
      const bool inside = y >= 0 && y < h.in && z >= 0 && z < d.in;
      if (inside && begin < end)
        f(Window{begin, end}, column, (z * h.in + y) * w.in + begin * w.stride + c);
      else
        f(Window{0, 0}, column, 0);
    }
  }
}

}  // namespace

void run(const UnfoldFwd& k) {
  visit_float(k.x.dtype, [&](auto zero) {
    using T = decltype(zero);
    const PoolShape& s = k.shape;
    const int64_t width = s.axes[2].out, stride = s.axes[2].stride;
    parallel_for(s.planes, k.cost(), [&](int64_t begin, int64_t end) {
      for (int64_t p = begin; p < end; p++)
        each_row(s, [&](Window j, int64_t column, int64_t at) {
          T* const to = k.columns.as<T>() + p * s.window() * s.out() + column;
          const T* const x = k.x.as<T>() + p * s.in() + at;
          std::fill_n(to, j.begin, T(0));
          for (int64_t i = 0; i < j.end - j.begin; i++) to[j.begin + i] = x[i * stride];
          std::fill_n(to + j.end, width - j.end, T(0));
        });
    });
  });
}

void run(const UnfoldBwd& k) {
  visit_float(k.x.dtype, [&](auto zero) {
    using T = decltype(zero);
    const PoolShape& s = k.shape;
    const int64_t stride = s.axes[2].stride;
    parallel_for(s.planes, k.cost(), [&](int64_t begin, int64_t end) {
      for (int64_t p = begin; p < end; p++) {
        std::fill_n(k.x.as<T>() + p * s.in(), s.in(), T(0));
        each_row(s, [&](Window j, int64_t column, int64_t at) {
          const T* const from = k.columns.as<T>() + p * s.window() * s.out() + column;
          T* const x = k.x.as<T>() + p * s.in() + at;
          for (int64_t i = 0; i < j.end - j.begin; i++) x[i * stride] += from[j.begin + i];
        });
      }
    });
  });
}

}  // namespace nncore::cpu
