// Masks, triangles, indices of nonzero elements, and one-hot vectors.
#include <algorithm>

#include "../../../core/parallel.h"
#include "../../conversion.h"
#include "../../kernels/mask.h"
#include "../../visit_size.h"
#include "../elementwise/broadcast.h"
#include "../report.h"
#include "indices.h"

namespace nncore::cpu {

namespace {

// Calls f(zero) with the type in which elements are compared with 0. A bool can be any byte, as in NumPy.
template <class F>
void visit_truth(DType t, F&& f) {
  visit(t == DType::boolean ? DType::uint8 : t, f);
}

}  // namespace

void run(const MaskedFill& k) {
  visit_any(k.x.dtype, [&](auto zero) {
    using T = decltype(zero);
    const T* x = k.x.as<T>();
    const auto* mask = k.mask.as<uint8_t>();
    T* y = k.y.as<T>();
    T value;
    if constexpr (std::is_floating_point_v<T> || is_half<T>)
      value = convert<double, T>(k.value);
    else
      value = T(k.int_value);
    const int last = k.loop.ndim - 1;
    const int64_t sx = k.loop.stride[0][last], sm = k.loop.stride[1][last];
    const uint8_t flip = k.fills ? 0 : 1;
    for_broadcast_rows(k.loop, k.n, k.cost(), [&](int64_t at, int64_t n, const int64_t* from) {
      const T* px = x + from[0];
      const uint8_t* pm = mask + from[1];
      T* to = y + at;
      if (sx == 1 && sm == 1) {
        for (int64_t i = 0; i < n; i++) to[i] = pm[i] != flip ? value : px[i];
      } else {
        for (int64_t i = 0; i < n; i++) to[i] = pm[i * sm] != flip ? value : px[i * sx];
      }
    });
  });
}

void run(const Triangle& k) {
  visit_size(size_of(k.x.dtype), [&](auto zero) {
    using T = decltype(zero);
    const T* x = k.x.as<T>();
    T* y = k.y.as<T>();
    if (k.cols == 0) return;
    parallel_for(k.batch * k.rows, k.cost(), [&](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; r++) {
        // columns [0, edge) are inside the lower triangle, or outside the upper one
        const int64_t edge = std::clamp<int64_t>(r % k.rows + k.diagonal + (k.lower ? 1 : 0), 0, k.cols);
        const T* from = x + r * k.cols;
        T* to = y + r * k.cols;
        if (k.lower) {
          std::copy_n(from, edge, to);
          std::fill_n(to + edge, k.cols - edge, T(0));
        } else {
          std::fill_n(to, edge, T(0));
          std::copy_n(from + edge, k.cols - edge, to + edge);
        }
      }
    });
  });
}

void run(const NonzeroCount& k) {
  int64_t* counts = k.counts.as<int64_t>();
  const int64_t chunks = std::max<int64_t>(1, nonzero_chunks(k.n));
  visit_truth(k.x.dtype, [&](auto zero) {
    using T = decltype(zero);
    const T* x = k.x.as<T>();
    parallel_for(chunks, k.cost(), [&](int64_t begin, int64_t end) {
      for (int64_t c = begin; c < end; c++) {
        const int64_t first = c * nonzero_chunk, last = std::min(k.n, first + nonzero_chunk);
        int64_t found = 0;
        for (int64_t i = first; i < last; i++) found += x[i] != T(0);
        counts[c] = found;
      }
    });
  });
  for (int64_t c = 1; c < chunks; c++) counts[c] += counts[c - 1];
}

// Each chunk writes as many indices as were counted, even if another thread changes x in the meantime.
void run(const NonzeroFill& k) {
  const int64_t* counts = k.counts.as<int64_t>();
  int64_t* y = k.y.as<int64_t>();
  visit_truth(k.x.dtype, [&](auto zero) {
    using T = decltype(zero);
    const T* x = k.x.as<T>();
    parallel_for(nonzero_chunks(k.n), k.cost(), [&](int64_t begin, int64_t end) {
      for (int64_t c = begin; c < end; c++) {
        const int64_t first = c * nonzero_chunk, last = std::min(k.n, first + nonzero_chunk);
        const int64_t before = c ? counts[c - 1] : 0;
        int64_t* to = y + before * k.found_stride;
        int64_t places = counts[c] - before;
        for (int64_t i = first; i < last; i++) {
          if (!(x[i] != T(0))) continue;
          if (places-- == 0) break;
          int64_t rest = i;
          for (int d = k.ndim - 1; d >= 0; d--) {
            to[d * k.axis_stride] = rest % k.size[d];
            rest /= k.size[d];
          }
          to += k.found_stride;
        }
        if (places != 0) report(k, {.position = first});
      }
    });
  });
}

void run(const OneHot& k) {
  visit_index(k.x.dtype, [&](auto zero) {
    const auto* x = k.x.as<decltype(zero)>();
    int64_t* y = k.y.as<int64_t>();
    parallel_for(k.n, k.cost(), [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; i++) {
        const int64_t at = read_once(x + i);
        if (at < 0 || at >= k.classes) [[unlikely]]
          report(k, {.position = i, .value = at});
        std::fill_n(y + i * k.classes, k.classes, int64_t(0));
        y[i * k.classes + at] = 1;
      }
    });
  });
}

}  // namespace nncore::cpu
