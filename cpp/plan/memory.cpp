#include "memory.h"

#include <algorithm>
#include <numeric>

namespace nncore::plan {

int64_t place(std::vector<Lifetime>& buffers) {
  constexpr int64_t line = 64;  // bytes
  const auto rounded = [](int64_t bytes) { return (bytes + line - 1) / line * line; };
  std::vector<size_t> order(buffers.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return buffers[a].bytes > buffers[b].bytes; });
  int64_t arena = 0;
  std::vector<Lifetime> placed;  // by offset
  for (const size_t i : order) {
    Lifetime& b = buffers[i];
    int64_t at = 0;
    for (const Lifetime& other : placed) {
      if (other.last < b.first || b.last < other.first) continue;
      if (at + rounded(b.bytes) <= other.offset) break;
      at = std::max(at, other.offset + rounded(other.bytes));
    }
    b.offset = at;
    arena = std::max(arena, at + rounded(b.bytes));
    const auto later = [](const Lifetime& x, const Lifetime& y) { return x.offset < y.offset; };
    placed.insert(std::upper_bound(placed.begin(), placed.end(), b, later), b);
  }
  return arena;
}

}  // namespace nncore::plan
