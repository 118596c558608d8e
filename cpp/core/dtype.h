// Element types: float32 and float64 for arithmetic, the others for indices, labels, pixels and masks.
#pragma once
#include <cstddef>
#include <cstdint>
#include <ostream>

#include "error.h"

namespace nncore {

enum class DType : uint8_t { float32, float64, int64, int32, uint8, boolean };
inline constexpr int dtype_count = 6;

inline constexpr const char* dtype_names[dtype_count] = {"float32", "float64", "int64",
                                                         "int32",   "uint8",   "bool"};
inline constexpr size_t dtype_sizes[dtype_count] = {4, 8, 8, 4, 1, 1};

constexpr const char* name(DType t) { return dtype_names[int(t)]; }
constexpr size_t size_of(DType t) { return dtype_sizes[int(t)]; }
constexpr bool is_floating(DType t) { return t == DType::float32 || t == DType::float64; }
inline std::ostream& operator<<(std::ostream& out, DType t) { return out << name(t); }

template <class T>
inline constexpr DType dtype_of = DType::float32;
template <>
inline constexpr DType dtype_of<double> = DType::float64;
template <>
inline constexpr DType dtype_of<int64_t> = DType::int64;
template <>
inline constexpr DType dtype_of<int32_t> = DType::int32;
template <>
inline constexpr DType dtype_of<uint8_t> = DType::uint8;
template <>
inline constexpr DType dtype_of<bool> = DType::boolean;

// visit(t, f) calls f(T()) with the C++ type of t.
template <class F>
decltype(auto) visit_float(DType t, F&& f) {
  if (t == DType::float64) return f(double());
  return f(float());
}
template <class F>
decltype(auto) visit_index(DType t, F&& f) {
  if (t == DType::int64) return f(int64_t());
  if (t == DType::int32) return f(int32_t());
  return f(uint8_t());
}
template <class F>
decltype(auto) visit(DType t, F&& f) {
  switch (t) {
    case DType::float32:
      return f(float());
    case DType::float64:
      return f(double());
    case DType::int64:
      return f(int64_t());
    case DType::int32:
      return f(int32_t());
    case DType::uint8:
      return f(uint8_t());
    default:
      return f(bool());
  }
}

// The dtype of a result, as in PyTorch: floats rank above integers, integers above bool.
DType promote(DType a, DType b);

}  // namespace nncore
