#pragma once
#include <cstddef>
#include <cstdint>

namespace nncore {

// Memory of tensors: 64-byte aligned, never null, cached by size class, thread safe.
// Returns the cache to the system before it throws std::bad_alloc.
void* allocate(size_t bytes);

// bytes: the argument of allocate. release(nullptr, ...) does nothing.
void release(void* block, size_t bytes) noexcept;

// Returns all cached memory to the system.
void trim() noexcept;

struct MemoryStats {
  int64_t in_use, cached, peak;  // bytes, rounded up to size classes; peak is the highest in_use
};
MemoryStats memory_stats();
void reset_peak_memory();

// The bytes that allocate(bytes) takes: four size classes per power of two, from 64 bytes on; 0 if too large.
size_t allocation_size(size_t bytes);

}  // namespace nncore
