// Element types: float32 and float64 for arithmetic; int64, int32, uint8 and bool for indices, labels, pixels
// and masks; the others only store values.
#pragma once
#include <cstddef>
#include <cstdint>
#include <ostream>

#include "error.h"
#include "half.h"

namespace nncore {

enum class DType : uint8_t {
  float32,
  float64,
  int64,
  int32,
  uint8,
  boolean,
  float16,  // from here on: storage types
  bfloat16,
  int8,
  int16,
  uint16
};
inline constexpr int dtype_count = 11, arithmetic_dtypes = 6;

inline constexpr const char* dtype_names[dtype_count] = {"float32", "float64", "int64",   "int32",
                                                         "uint8",   "bool",    "float16", "bfloat16",
                                                         "int8",    "int16",   "uint16"};
inline constexpr size_t dtype_sizes[dtype_count] = {4, 8, 8, 4, 1, 1, 2, 2, 1, 2, 2};

constexpr const char* name(DType t) { return dtype_names[int(t)]; }
constexpr size_t size_of(DType t) { return dtype_sizes[int(t)]; }
constexpr bool is_storage(DType t) { return int(t) >= arithmetic_dtypes; }
constexpr bool is_floating(DType t) {
  return t == DType::float32 || t == DType::float64 || t == DType::float16 || t == DType::bfloat16;
}
constexpr bool has_gradients(DType t) { return t == DType::float32 || t == DType::float64; }
// The smallest dtype for arithmetic that holds all values of t.
constexpr DType computing_type(DType t) {
  return !is_storage(t) ? t : is_floating(t) ? DType::float32 : DType::int32;
}
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

// visit(t, f) calls f(T()) with the C++ type of t, a dtype for arithmetic.
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

// The same for any dtype.
template <class F>
decltype(auto) visit_any(DType t, F&& f) {
  switch (t) {
    case DType::float16:
      return f(Half());
    case DType::bfloat16:
      return f(BFloat16());
    case DType::int8:
      return f(int8_t());
    case DType::int16:
      return f(int16_t());
    case DType::uint16:
      return f(uint16_t());
    default:
      return visit(t, f);
  }
}

// Raises TypeError if t is a storage type.
void check_computes(const char* op, DType t);

// The dtype of a result, as in PyTorch: floats rank above integers, integers above bool.
DType promote(DType a, DType b);
// The same for operands of `a_ndim` and `b_ndim` axes: a 0-dimensional one only decides if it has a higher
// category, of bool, integer and float.
DType promote(DType a, int a_ndim, DType b, int b_ndim);

}  // namespace nncore
