// Stores of large outputs bypass the caches, which are too small to keep them. A cache line that is written
// as a whole is then not read first.
#pragma once
#include <algorithm>
#include <atomic>
#include <cstddef>
#include <initializer_list>

#include "dispatch.h"

namespace nncore::cpu {

inline constexpr int64_t line = 64;
inline bool is_large(int64_t bytes) { return bytes > 16 << 20; }
inline bool begins_line(const void* p) { return reinterpret_cast<uintptr_t>(p) % line == 0; }

// f(i, n, to) computes the items [i, i + n) of y, of `width` values each, and stores them at `to`: in y or,
// for a large y, in a buffer in the first-level cache, which is then streamed to y. `reads` are inputs as
// long as y, or null; they are prefetched, because the processor's prefetching does not overlap memory with
// long arithmetic.
template <class T, class F>
void write_out(T* y, int64_t items, int64_t begin, int64_t end, F f, int64_t width = 1,
               std::initializer_list<const T*> reads = {}) {
  // Short: the buffer is stored while the next items are computed. A row may be longer.
  constexpr int64_t size = 1024 / sizeof(T), most = 8192 / sizeof(T);
  const auto stream = kernels<T>().elementwise.stream;
  const int64_t step = std::max<int64_t>(1, size / width);
  if (!stream || !is_large(items * width * int64_t(sizeof(T))) || step * width > most ||
      step * width * int64_t(sizeof(T)) % line != 0 || !begins_line(y + begin * width))
    return f(begin, end - begin, y + begin * width);
  alignas(line) T piece[most];
  for (int64_t i = begin; i < end; i += step) {
    const int64_t n = std::min(step, end - i);
    for (const T* const x : reads)
      for (int64_t j = (i + 2 * step) * width; x && j < std::min(end, i + 3 * step) * width;
           j += line / int64_t(sizeof(T)))
        __builtin_prefetch(x + j);
    f(i, n, static_cast<T*>(piece));
    stream(n * width, piece, y + i * width);
  }
  std::atomic_thread_fence(std::memory_order_seq_cst);  // releasing a lock does not order streaming stores
}

}  // namespace nncore::cpu
