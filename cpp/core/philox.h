#pragma once
#include <stdint.h>

// Philox4x32-10: J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw, "Parallel random numbers: as easy as
// 1, 2, 3", SC 2011, section 3.3. It has internal linkage and uses no library, so that kernels of every level
// can include it; it is constexpr, so that device code can call it.
namespace nncore {

struct PhiloxBlock {
  uint32_t word[4];
};

static constexpr PhiloxBlock philox4x32(PhiloxBlock counter, uint32_t key0, uint32_t key1) {
  PhiloxBlock c = counter;
  for (int round = 0; round < 10; round++) {
    const uint64_t a = uint64_t(0xD2511F53) * c.word[0], b = uint64_t(0xCD9E8D57) * c.word[2];
    c = PhiloxBlock{{uint32_t(b >> 32) ^ c.word[1] ^ key0, uint32_t(b), uint32_t(a >> 32) ^ c.word[3] ^ key1,
                     uint32_t(a)}};
    key0 += 0x9E3779B9;
    key1 += 0xBB67AE85;
  }
  return c;
}

// Block `index` of a stream: the same four words on every machine, thread and level.
static constexpr PhiloxBlock philox(uint64_t seed, uint32_t stream, uint64_t index, uint32_t attempt = 0) {
  const PhiloxBlock counter = {{uint32_t(index), uint32_t(index >> 32), stream, attempt}};
  return philox4x32(counter, uint32_t(seed), uint32_t(seed >> 32));
}

// Uniform on [0, 1): multiples of 2^-24 and of 2^-53.
static constexpr float uniform_float(uint32_t word) { return float(int32_t(word >> 8)) * 0x1p-24f; }
static constexpr double uniform_double(uint32_t low, uint32_t high) {
  return double(int64_t((uint64_t(high) << 32 | low) >> 11)) * 0x1p-53;
}

// Element i of the floats that begin at block `offset`: four per block.
static constexpr float uniform_float_at(uint64_t seed, uint32_t stream, uint64_t offset, uint64_t i) {
  return uniform_float(philox(seed, stream, offset + i / 4).word[i % 4]);
}

// Element i, uniform on 0 .. bound - 1 without bias (bound 0 means 2^64): two per block.
// Multiply, then reject the short end: D. Lemire, "Fast random integer generation in an interval", ACM TOMACS
// 29 (2019).
static constexpr uint64_t bounded_at(uint64_t seed, uint32_t stream, uint64_t offset, uint64_t i,
                                     uint64_t bound) {
  for (uint32_t attempt = 0;; attempt++) {
    const PhiloxBlock b = philox(seed, stream, offset + i / 2, attempt);
    const uint64_t random = uint64_t(b.word[i % 2 * 2 + 1]) << 32 | b.word[i % 2 * 2];
    if (bound == 0) return random;
    const auto product = static_cast<unsigned __int128>(random) * bound;
    const uint64_t low = uint64_t(product);
    if (low >= bound || low >= (0 - bound) % bound) return uint64_t(product >> 64);
  }
}

}  // namespace nncore
