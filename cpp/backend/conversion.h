// The conversion of a number from one dtype to another, the same on every backend.
#pragma once
#include <limits>
#include <type_traits>

#include "../core/half.h"

namespace nncore {

template <class T>
constexpr bool is_half = std::is_same_v<T, Half> || std::is_same_v<T, BFloat16>;

template <class From, class To>
To convert(From v) {
  if constexpr (is_half<From>) {
    return convert<float, To>(float(v));
  } else if constexpr (is_half<To>) {
    return To(float(v));
  } else if constexpr (std::is_same_v<To, bool>) {
    return v != From(0);
  } else if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>) {
    // In C++ a cast of NaN or of a value out of range is undefined. Here NaN becomes 0. A type of one or two
    // bytes gets the lowest bits of the integer part, as in PyTorch. Values out of the range of int64, or of a
    // wider type, become the nearest number of the type.
    using Wide = std::conditional_t<sizeof(To) < 4, int64_t, To>;
    constexpr From low = From(std::numeric_limits<Wide>::min()),
                   high = From(std::numeric_limits<Wide>::max());
    return v != v      ? To(0)
           : v <= low  ? std::numeric_limits<To>::min()
           : v >= high ? std::numeric_limits<To>::max()
                       : To(Wide(v));
  } else {
    return To(v);
  }
}

}  // namespace nncore
