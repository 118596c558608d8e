// Sums and products of any type. Those of integers wrap around, as in NumPy and PyTorch; in C++ the overflow
// of signed numbers is undefined, so they are computed without sign.
#pragma once
#include <type_traits>

namespace nncore::cpu {

template <class T>
T wrap_add(T a, T b) {
  if constexpr (std::is_integral_v<T> && std::is_signed_v<T>)
    return T(std::make_unsigned_t<T>(a) + std::make_unsigned_t<T>(b));
  else
    return T(a + b);
}

template <class T>
T wrap_multiply(T a, T b) {
  if constexpr (std::is_integral_v<T> && std::is_signed_v<T>)
    return T(std::make_unsigned_t<T>(a) * std::make_unsigned_t<T>(b));
  else
    return T(a * b);
}

}  // namespace nncore::cpu
