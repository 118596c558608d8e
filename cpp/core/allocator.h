#pragma once
#include <cstddef>
#include <cstdint>

namespace nncore {

// Memory of tensors: 64-byte aligned, never null, cached by size class, thread safe.
// Throws std::bad_alloc after giving the cache back to the system has not helped.
void* allocate(size_t bytes);

// bytes: the number that allocate got. release(nullptr, ...) does nothing.
void release(void* block, size_t bytes) noexcept;

// Gives all cached memory back to the system.
void trim() noexcept;

struct MemoryStats {
  int64_t in_use, cached, peak;  // bytes, rounded up to size classes; peak is the highest in_use
};
MemoryStats memory_stats();
void reset_peak_memory();

// What allocate(bytes) takes: four classes to each power of two, from 64 bytes; 0 where bytes is too large.
size_t allocation_size(size_t bytes);

}  // namespace nncore
