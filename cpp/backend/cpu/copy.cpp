// Moving values without arithmetic: strided copies, casts, fills, choices.
#include <algorithm>
#include <cmath>
#include <limits>

#include "../../core/error.h"
#include "../../core/parallel.h"
#include "broadcast.h"
#include "kernels.h"
#include "wrap.h"

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

// Rows [begin, end) of all axes but the last, counted in row-major order.
template <class T, bool accumulate>
void copy_rows(const CopyAttrs& a, const T* src, T* dst, int64_t begin, int64_t end) {
  const int last = a.ndim - 1;
  int64_t index[max_axes], from = a.src_start, to = a.dst_start, rest = begin;
  for (int d = last - 1; d >= 0; d--) {
    index[d] = rest % a.size[d];
    rest /= a.size[d];
    from += index[d] * a.src_stride[d];
    to += index[d] * a.dst_stride[d];
  }
  for (int64_t row = begin; row < end; row++) {
    copy_row<T, accumulate>(a.size[last], src + from, a.src_stride[last], dst + to, a.dst_stride[last]);
    for (int d = last - 1; d >= 0; d--) {
      from += a.src_stride[d];
      to += a.dst_stride[d];
      if (++index[d] < a.size[d]) break;
      from -= a.size[d] * a.src_stride[d];
      to -= a.size[d] * a.dst_stride[d];
      index[d] = 0;
    }
  }
}

// A plain transpose goes by square tiles, so that both sides stay within a few cache lines.
template <class T>
void transpose_tiles(const CopyAttrs& a, const T* src, T* dst, int64_t begin, int64_t end) {
  constexpr int64_t tile = 16;
  const int64_t cols = a.size[1];
  for (int64_t i0 = begin; i0 < end; i0 += tile)
    for (int64_t j0 = 0; j0 < cols; j0 += tile)
      for (int64_t i = i0; i < std::min(i0 + tile, end); i++)
        for (int64_t j = j0; j < std::min(j0 + tile, cols); j++)
          dst[a.dst_start + i * a.dst_stride[0] + j] = src[a.src_start + i + j * a.src_stride[1]];
}

template <class From, class To>
To convert(From v) {
  if constexpr (std::is_same_v<To, bool>) {
    return v != From(0);
  } else if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>) {
    // Out-of-range values saturate and NaN becomes 0: defined, unlike C++'s cast.
    constexpr From low = From(std::numeric_limits<To>::min()), high = From(std::numeric_limits<To>::max());
    return v != v      ? To(0)
           : v <= low  ? std::numeric_limits<To>::min()
           : v >= high ? std::numeric_limits<To>::max()
                       : To(v);
  } else {
    return To(v);
  }
}

}  // namespace

// args: src, dst
void copy(const Call& call) {
  const auto& a = call.attrs<CopyAttrs>();
  const auto run = [&](auto zero, auto accumulate) {
    using T = decltype(zero);
    const T* src = call.arg<const T>(0);
    T* dst = call.arg<T>(1);
    const bool is_transpose =
        a.ndim == 2 && a.src_stride[0] == 1 && a.dst_stride[1] == 1 && a.src_stride[1] != 1 && !accumulate();
    if (a.ndim == 1) {
      const int64_t from = a.src_stride[0], to = a.dst_stride[0];
      parallel_for(a.size[0], to == 0 ? 0 : call.cost, [&](int64_t begin, int64_t end) {
        copy_row<T, accumulate()>(end - begin, src + a.src_start + begin * from, from,
                                  dst + a.dst_start + begin * to, to);
      });
      return;
    }
    int64_t rows = 1;
    for (int d = 0; d < a.ndim - 1; d++) rows *= a.size[d];
    parallel_for(rows, call.cost, [&](int64_t begin, int64_t end) {
      if (is_transpose)
        transpose_tiles<T>(a, src, dst, begin, end);
      else
        copy_rows<T, accumulate()>(a, src, dst, begin, end);
    });
  };
  visit(call.args[0].dtype, [&](auto zero) {
    if (a.accumulate)
      run(zero, std::true_type());
    else
      run(zero, std::false_type());
  });
}

// args: x, y
void cast(const Call& call) {
  const int64_t n = call.attrs<UnaryAttrs>().n;
  visit(call.args[0].dtype, [&](auto from) {
    visit(call.args[1].dtype, [&](auto to) {
      using From = decltype(from);
      using Stored = std::conditional_t<std::is_same_v<From, bool>, uint8_t, From>;  // a bool may be any byte
      using To = decltype(to);
      const Stored* x = call.arg<const Stored>(0);
      To* y = call.arg<To>(1);
      parallel_for(n, call.cost, [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; i++) y[i] = convert<From, To>(From(x[i]));
      });
    });
  });
}

// Raises for the first value that is NaN or infinite, before anything else of the step happens. args: x
void check_finite(const Call& call) {
  const int64_t n = call.attrs<UnaryAttrs>().n;
  visit_float(call.args[0].dtype, [&](auto zero) {
    const auto* x = call.arg<const decltype(zero)>(0);
    for (int64_t i = 0; i < n; i++)
      if (!(x[i] - x[i] == 0)) raise<DivergenceError>("became ", x[i] != x[i] ? std::abs(x[i]) : x[i]);
  });
}

// args: y
void fill(const Call& call) {
  const auto& a = call.attrs<FillAttrs>();
  visit(call.args[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    T* y = call.arg<T>(0);
    parallel_for(a.n, call.cost, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; i++) {
        if constexpr (std::is_floating_point_v<T>)
          y[i] = T(a.value + double(i) * a.step);
        else
          y[i] = T(uint64_t(a.int_value) + uint64_t(i) * uint64_t(a.int_step));
      }
    });
  });
}

// y = condition ? a : b, all stretched to one shape; args: condition (bool), a, b, y
void where(const Call& call) {
  const auto& attrs = call.attrs<WhereAttrs>();
  visit(call.args[1].dtype, [&](auto zero) {
    using T = decltype(zero);
    const uint8_t* condition = call.arg<const uint8_t>(0);
    const T *a = call.arg<const T>(1), *b = call.arg<const T>(2);
    T* y = call.arg<T>(3);
    for_broadcast_rows(attrs.loop, attrs.n, call.cost, [&](int64_t at, int64_t n, const int64_t* from) {
      const int last = attrs.loop.ndim - 1;
      const int64_t sc = attrs.loop.stride[0][last], sa = attrs.loop.stride[1][last],
                    sb = attrs.loop.stride[2][last];
      const uint8_t* c = condition + from[0];
      const T *pa = a + from[1], *pb = b + from[2];
      for (int64_t i = 0; i < n; i++) y[at + i] = c[i * sc] ? pa[i * sa] : pb[i * sb];
    });
  });
}

}  // namespace nncore::cpu
