// The 16-bit floats. They are stored only: arithmetic converts them to float. Both conversions work on bits, so
// the mode that flushes subnormal floats does not affect them.
#pragma once
#include <bit>
#include <cstdint>

namespace nncore {

// IEEE 754 binary16: 5 bits of exponent, 10 of fraction.
struct Half {
  uint16_t bits = 0;

  Half() = default;
  // Rounds to the nearest, ties to even; numbers from 65520 on become infinite.
  explicit Half(float value) {
    const uint32_t word = std::bit_cast<uint32_t>(value), size = word & 0x7fffffff;
    uint32_t half;
    if (size > 0x7f800000)  // NaN: quiet, with the upper bits of its fraction
      half = 0x7e00 | (size >> 13 & 0x3ff);
    else if (size >= 0x477ff000)
      half = 0x7c00;
    else if (size >= 0x38800000)  // normal, from 2^-14 on: the exponents differ by 112
      half = (size - (112u << 23) + 0xfff + (size >> 13 & 1)) >> 13;
    else  // the sum has a unit of 2^-24, that of the subnormal numbers of 16 bits
      half = std::bit_cast<uint32_t>(std::bit_cast<float>(size) + 0.5f) - std::bit_cast<uint32_t>(0.5f);
    bits = uint16_t(word >> 16 & 0x8000) | uint16_t(half);
  }
  explicit operator float() const {
    const uint32_t sign = uint32_t(bits & 0x8000) << 16, size = bits & 0x7fff;
    if (size < 0x400)  // subnormal
      return std::bit_cast<float>(sign | std::bit_cast<uint32_t>(float(size) * 0x1p-24f));
    return std::bit_cast<float>(sign | ((size << 13) + ((size >= 0x7c00 ? 224u : 112u) << 23)));
  }
};

// The upper half of a float: 8 bits of exponent, 7 of fraction.
struct BFloat16 {
  uint16_t bits = 0;

  BFloat16() = default;
  // Rounds to the nearest, ties to even.
  explicit BFloat16(float value) {
    const uint32_t word = std::bit_cast<uint32_t>(value);
    if ((word & 0x7fffffff) > 0x7f800000)
      bits = uint16_t(word >> 16 | 0x40);  // a quiet NaN
    else
      bits = uint16_t((word + 0x7fff + (word >> 16 & 1)) >> 16);
  }
  explicit operator float() const { return std::bit_cast<float>(uint32_t(bits) << 16); }
};

}  // namespace nncore
