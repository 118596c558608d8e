// The rule for k. It decides the bits of a product and depends on k alone.
#pragma once
#include "../span.h"

namespace nncore::cpu {

// A chain has at most long_chain steps. A longer k is cut into even chunks, each a chain from 0, which are
// added in order. Beyond most_chunks chunks, the sums of each most_chunks chunks are added in float64.
inline constexpr int64_t long_chain = 4096, chunk_target = 2048, most_chunks = 64;

struct Chunks {
  int64_t count, size;
};
inline Chunks chunks_of(int64_t k) {
  if (k <= long_chain) return {1, k};
  const int64_t size = round_up(ceil_div(k, ceil_div(k, chunk_target)), 16);
  return {ceil_div(k, size), size};
}

}  // namespace nncore::cpu
