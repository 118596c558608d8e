// Ranges of integers and their even parts.
#pragma once
#include <cstdint>

namespace nncore::cpu {

inline int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }
inline int64_t round_up(int64_t a, int64_t b) { return ceil_div(a, b) * b; }

struct Span {
  int64_t begin, end;
  int64_t size() const { return end - begin; }
};

// Part i of [0, n) cut into even parts; each part but the last is a multiple of `unit`.
inline Span part(int64_t n, int64_t parts, int64_t i, int64_t unit = 1) {
  const int64_t units = ceil_div(n, unit), base = units / parts, extra = units % parts;
  const int64_t first = i * base + (i < extra ? i : extra), last = first + base + (i < extra ? 1 : 0);
  return {first * unit < n ? first * unit : n, last * unit < n ? last * unit : n};
}

}  // namespace nncore::cpu
