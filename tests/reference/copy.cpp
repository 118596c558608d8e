#include "backend/kernels/copy.h"

#include "backend/conversion.h"
#include "backend/wrap.h"
#include "reference.h"

namespace nncore::reference {

void run(const Fill& k) {
  visit_any(k.y.dtype, [&](auto zero) {
    using T = decltype(zero);
    T* y = values<T>(k.y);
    for (int64_t i = 0; i < k.n; i++)
      if constexpr (std::is_floating_point_v<T> || is_half<T>)
        y[i] = convert<double, T>(k.value + double(i) * k.step);
      else
        y[i] = T(uint64_t(k.int_value) + uint64_t(i) * uint64_t(k.int_step));
  });
}

void run(const Copy& k) {
  visit_any(k.src.dtype, [&](auto zero) {
    using T = decltype(zero);
    const T* src = values<T>(k.src);
    T* dst = values<T>(k.dst);
    for (int64_t i = 0; i < k.count(); i++) {
      int64_t from = k.src_start, to = k.dst_start, rest = i;
      for (int d = k.ndim - 1; d >= 0; d--) {
        from += rest % k.size[d] * k.src_stride[d];
        to += rest % k.size[d] * k.dst_stride[d];
        rest /= k.size[d];
      }
      if constexpr (is_half<T>)
        dst[to] = src[from];
      else
        dst[to] = k.accumulate ? wrap_add(dst[to], src[from]) : src[from];
    }
  });
}

}  // namespace nncore::reference
