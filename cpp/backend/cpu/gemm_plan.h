// Decisions about a matrix product: how k is split (part of the result's meaning), which way the shape takes,
// how large its blocks are (of no influence on the bits).
#pragma once
#include <cstdint>

namespace nncore::cpu {

inline int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }
inline int64_t round_up(int64_t a, int64_t b) { return ceil_div(a, b) * b; }

// Even parts: part i of `parts` covers [begin, end) of [0, n), in units of `unit`.
struct Span {
  int64_t begin, end;
  int64_t size() const { return end - begin; }
};
inline Span part(int64_t n, int64_t parts, int64_t i, int64_t unit = 1) {
  const int64_t units = ceil_div(n, unit), base = units / parts, extra = units % parts;
  const int64_t first = i * base + (i < extra ? i : extra), last = first + base + (i < extra ? 1 : 0);
  return {first * unit < n ? first * unit : n, last * unit < n ? last * unit : n};
}

// A chain of fused multiply-adds has at most long_chain steps; a longer k is cut into even chunks, each a
// chain from 0, added in order. This rule depends on k alone and decides the bits: it may never depend on
// anything else. Of more than most_chunks chunks each so many are summed by themselves, and these sums in
// double.
inline constexpr int64_t long_chain = 4096, chunk_target = 2048, most_chunks = 64;
struct Chunks {
  int64_t count, size;
};
inline Chunks chunks_of(int64_t k) {
  if (k <= long_chain) return {1, k};
  const int64_t size = round_up(ceil_div(k, ceil_div(k, chunk_target)), 16);
  return {ceil_div(k, size), size};
}

struct GemmShape {
  int64_t m, n, k, lda, ldb;
  bool trans_a, trans_b;
  int bytes;  // of an element

  bool operator==(const GemmShape&) const = default;
  GemmShape swapped() const { return {n, m, k, ldb, lda, !trans_b, !trans_a, bytes}; }
};

enum class GemmPath {
  trivial,  // nothing to multiply
  direct,   // both operands are read as they lie; B is row-major
  columns,  // few rows; B is stored by columns and turned in registers on the way
  packed,   // block by block of B, packed
  swapped   // C^T = B^T A^T by one of the other ways
};

struct GemmPlan {
  GemmPath path;
  int64_t kc, nc;  // block sizes
  bool by_rows;    // a panel of A meets a whole block of B before the next one
  bool pack_a, pack_b;
  bool far;    // B comes from beyond the caches that would hide it
  bool ahead;  // so do other operands of a product by rows
  GemmShape shape;
};

GemmPlan plan_gemm(const GemmShape& shape);
GemmPlan plan_swapped(const GemmShape& shape);  // of what a swapped product computes
const char* name_of(GemmPath path);

}  // namespace nncore::cpu
