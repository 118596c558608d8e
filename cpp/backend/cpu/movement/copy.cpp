// Copies, casts, fills, and selections between two tensors.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "../../../core/parallel.h"
#include "../../conversion.h"
#include "../../kernels/copy.h"
#include "../../kernels/elementwise.h"
#include "../../visit_size.h"
#include "../../wrap.h"
#include "../elementwise/broadcast.h"
#include "../report.h"

namespace nncore::cpu {

namespace {

// One row of a strided copy.
template <class T, bool accumulate>
void copy_row(int64_t n, const T* src, int64_t src_stride, T* dst, int64_t dst_stride) {
  if (src_stride == 1 && dst_stride == 1) {
    if constexpr (accumulate)
      for (int64_t i = 0; i < n; i++) dst[i] = wrap_add(dst[i], src[i]);
    else
      std::memcpy(dst, src, size_t(n) * sizeof(T));
    return;
  }
  if (!accumulate && src_stride == 0 && dst_stride == 1) {
    std::fill_n(dst, n, *src);
    return;
  }
  for (int64_t i = 0; i < n; i++) {
    T& to = dst[i * dst_stride];
    to = accumulate ? wrap_add(to, src[i * src_stride]) : src[i * src_stride];
  }
}

// Rows [begin, end), counted in row-major order over all axes but the last.
template <class T, bool accumulate>
void copy_rows(const Copy& k, const T* src, T* dst, int64_t begin, int64_t end) {
  const int last = k.ndim - 1;
  int64_t index[max_axes], from = k.src_start, to = k.dst_start, rest = begin;
  for (int d = last - 1; d >= 0; d--) {
    index[d] = rest % k.size[d];
    rest /= k.size[d];
    from += index[d] * k.src_stride[d];
    to += index[d] * k.dst_stride[d];
  }
  for (int64_t row = begin; row < end; row++) {
    copy_row<T, accumulate>(k.size[last], src + from, k.src_stride[last], dst + to, k.dst_stride[last]);
    for (int d = last - 1; d >= 0; d--) {
      from += k.src_stride[d];
      to += k.dst_stride[d];
      if (++index[d] < k.size[d]) break;
      from -= k.size[d] * k.src_stride[d];
      to -= k.size[d] * k.dst_stride[d];
      index[d] = 0;
    }
  }
}

// A plain transpose uses square tiles, so that both sides stay within a few cache lines.
template <class T>
void transpose_tiles(const Copy& k, const T* src, T* dst, int64_t begin, int64_t end) {
  constexpr int64_t tile = 16;
  const int64_t cols = k.size[1];
  for (int64_t i0 = begin; i0 < end; i0 += tile)
    for (int64_t j0 = 0; j0 < cols; j0 += tile)
      for (int64_t i = i0; i < std::min(i0 + tile, end); i++)
        for (int64_t j = j0; j < std::min(j0 + tile, cols); j++)
          dst[k.dst_start + i * k.dst_stride[0] + j] = src[k.src_start + i + j * k.src_stride[1]];
}

}  // namespace

void run(const Copy& k) {
  const auto copy = [&](auto zero, auto accumulate) {
    using T = decltype(zero);
    const T* src = k.src.as<T>();
    T* dst = k.dst.as<T>();
    const bool is_transpose =
        k.ndim == 2 && k.src_stride[0] == 1 && k.dst_stride[1] == 1 && k.src_stride[1] != 1 && !accumulate();
    if (k.ndim == 1) {
      const int64_t from = k.src_stride[0], to = k.dst_stride[0];
      parallel_for(k.size[0], to == 0 ? 0 : k.cost(), [&](int64_t begin, int64_t end) {
        copy_row<T, accumulate()>(end - begin, src + k.src_start + begin * from, from,
                                  dst + k.dst_start + begin * to, to);
      });
      return;
    }
    int64_t rows = 1;
    for (int d = 0; d < k.ndim - 1; d++) rows *= k.size[d];
    parallel_for(rows, k.cost(), [&](int64_t begin, int64_t end) {
      if (is_transpose)
        transpose_tiles<T>(k, src, dst, begin, end);
      else
        copy_rows<T, accumulate()>(k, src, dst, begin, end);
    });
  };
  if (k.accumulate)
    visit(k.src.dtype, [&](auto zero) { copy(zero, std::true_type()); });
  else
    visit_size(size_of(k.src.dtype), [&](auto zero) { copy(zero, std::false_type()); });
}

void run(const Cast& k) {
  visit_any(k.x.dtype, [&](auto from) {
    visit_any(k.y.dtype, [&](auto to) {
      using From = decltype(from);
      using Stored = std::conditional_t<std::is_same_v<From, bool>, uint8_t, From>;  // a bool can be any byte
      using To = decltype(to);
      const Stored* x = k.x.as<Stored>();
      To* y = k.y.as<To>();
      parallel_for(k.n, k.cost(), [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; i++) y[i] = convert<From, To>(From(x[i]));
      });
    });
  });
}

void run(const CheckFinite& k) {
  visit_float(k.x.dtype, [&](auto zero) {
    const auto* x = k.x.as<decltype(zero)>();
    for (int64_t i = 0; i < k.n; i++)
      if (!(x[i] - x[i] == 0)) [[unlikely]]
        report(k, {.position = i, .least = double(x[i] != x[i] ? std::abs(x[i]) : x[i])});
  });
}

void run(const Fill& k) {
  visit_any(k.y.dtype, [&](auto zero) {
    using T = decltype(zero);
    T* y = k.y.as<T>();
    parallel_for(k.n, k.cost(), [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; i++) {
        if constexpr (std::is_floating_point_v<T> || is_half<T>)
          y[i] = convert<double, T>(k.value + double(i) * k.step);
        else
          y[i] = T(uint64_t(k.int_value) + uint64_t(i) * uint64_t(k.int_step));
      }
    });
  });
}

void run(const Where& k) {
  visit_size(size_of(k.a.dtype), [&](auto zero) {
    using T = decltype(zero);
    const uint8_t* condition = k.condition.as<uint8_t>();
    const T *a = k.a.as<T>(), *b = k.b.as<T>();
    T* y = k.y.as<T>();
    for_broadcast_rows(k.loop, k.n, k.cost(), [&](int64_t at, int64_t n, const int64_t* from) {
      const int last = k.loop.ndim - 1;
      const int64_t sc = k.loop.stride[0][last], sa = k.loop.stride[1][last], sb = k.loop.stride[2][last];
      const uint8_t* c = condition + from[0];
      const T *pa = a + from[1], *pb = b + from[2];
      for (int64_t i = 0; i < n; i++) y[at + i] = c[i * sc] ? pa[i * sa] : pb[i * sb];
    });
  });
}

}  // namespace nncore::cpu
