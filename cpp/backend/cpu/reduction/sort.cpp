// Stable sorting along an axis, with NaN above all numbers. A value is converted to an unsigned key with the
// same order. Then pairs of key and index are sorted by radix sort (long lanes) or merge sort (short lanes).
#include "../../kernels/sort.h"

#include <algorithm>
#include <bit>

#include "../../../core/parallel.h"
#include "../scratch.h"

namespace nncore::cpu {

namespace {

constexpr int64_t sort_block = 1 << 18;  // elements between checks for an interrupt

template <class U>
struct Entry {
  U key;
  int64_t at;
};

template <class T>
auto key_of(T v) {
  if constexpr (std::is_floating_point_v<T>) {
    using U = std::conditional_t<sizeof(T) == 4, uint32_t, uint64_t>;
    constexpr U sign = U(1) << (8 * sizeof(T) - 1);
    if (v != v) return U(~U(0));
    const U bits = std::bit_cast<U>(v == T(0) ? T(0) : v);  // both zeros are equal
    return U(bits & sign ? ~bits : bits | sign);
  } else if constexpr (std::is_signed_v<T>) {
    using U = std::make_unsigned_t<T>;
    return U(U(v) ^ (U(1) << (8 * sizeof(T) - 1)));
  } else {
    return uint32_t(v);
  }
}

// Merges runs of 1, 2, 4, ... from one array to the other; returns the array with the result.
template <class E>
E* merge_sort(E* a, E* b, int64_t n) {
  for (int64_t width = 1; width < n; width *= 2) {
    for (int64_t i = 0; i < n; i += 2 * width) {
      const int64_t middle = std::min(i + width, n), end = std::min(i + 2 * width, n);
      int64_t l = i, r = middle;
      for (int64_t k = i; k < end; k++)
        b[k] = l < middle && (r >= end || a[l].key <= a[r].key) ? a[l++] : a[r++];
    }
    std::swap(a, b);
  }
  return a;
}

// Null after an interrupt.
template <class E>
E* radix_sort(E* a, E* b, int64_t n) {
  constexpr int bits = 8, digits = int(sizeof(E::key)) * 8 / bits, values = 1 << bits;
  int64_t count[digits][values] = {};
  const auto counted = in_blocks(n, sort_block, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++)
      for (int d = 0; d < digits; d++) count[d][a[i].key >> (bits * d) & (values - 1)]++;
  });
  if (!counted) return nullptr;
  for (int d = 0; d < digits; d++) {
    int64_t start = 0, largest = 0;
    for (int64_t& c : count[d]) {
      largest = std::max(largest, c);
      start += std::exchange(c, start);
    }
    if (largest == n) continue;  // all keys have the same digit
    const auto moved = in_blocks(n, sort_block, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; i++) b[count[d][a[i].key >> (bits * d) & (values - 1)]++] = a[i];
    });
    if (!moved) return nullptr;
    std::swap(a, b);
  }
  return a;
}

}  // namespace

void run(const Sort& s) {
  visit(s.x.dtype, [&](auto zero) {
    using T = decltype(zero);
    using U = decltype(key_of(T()));
    using E = Entry<U>;
    const T* x = s.x.as<T>();
    T* values = s.values.as<T>();
    int64_t* indices = s.indices.as<int64_t>();
    const U flip = s.descending ? U(~U(0)) : U(0);
    constexpr int64_t long_lane = 512;
    if (s.k == 0) return;
    parallel_for(s.outer * s.inner, s.cost(), [&](int64_t begin, int64_t end) {
      const Scratch<E> scratch(2 * s.n);
      E* const entries = scratch.data();
      for (int64_t lane = begin; lane < end; lane++) {
        const T* from = x + lane / s.inner * s.n * s.inner + lane % s.inner;
        in_blocks(s.n, sort_block, [&](int64_t first, int64_t last) {
          for (int64_t r = first; r < last; r++) entries[r] = {U(key_of(from[r * s.inner]) ^ flip), r};
        });
        const E* sorted = (s.n < long_lane ? merge_sort<E> : radix_sort<E>)(entries, entries + s.n, s.n);
        if (!sorted) return;
        const int64_t to = lane / s.inner * s.k * s.inner + lane % s.inner;
        in_blocks(s.k, sort_block, [&](int64_t first, int64_t last) {
          for (int64_t r = first; r < last; r++) {
            values[to + r * s.inner] = from[sorted[r].at * s.inner];
            indices[to + r * s.inner] = sorted[r].at;
          }
        });
      }
    });
  });
}

}  // namespace nncore::cpu
