// Sums and products of any type. Integers wrap around, as in NumPy and PyTorch. They are computed as unsigned
// numbers, because the overflow of signed numbers is undefined in C++.
#pragma once
#include <type_traits>

namespace nncore {

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

}  // namespace nncore
