#include "allocator.h"

#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstdlib>
#include <mutex>
#include <new>

#include "cpu.h"

namespace nncore {
namespace {

#if defined(__SANITIZE_ADDRESS__)
constexpr bool caching = false;  // the address sanitizer detects use after release only in its own blocks
#else
constexpr bool caching = true;
#endif

constexpr size_t align = 64;
constexpr size_t small_limit = 32 << 10;  // blocks of at most this size are cut from slabs
constexpr size_t slab_bytes = 256 << 10;
constexpr size_t huge_page = 2 << 20;
constexpr size_t max_bytes = size_t{1} << 46;
constexpr int classes = 4 * 40;

// Class 0 is 64 bytes, then 128 192 256, 320 384 448 512, 640 ...: the step is a quarter of the next lower
// power of two.
int class_of(size_t bytes) {
  if (bytes <= 4 * align) return bytes == 0 ? 0 : int((bytes - 1) / align);
  const int power = std::bit_width(bytes - 1) - 1;  // 2^power < bytes <= 2^(power + 1)
  const size_t step = size_t{1} << (power - 2);
  return 4 * (power - 7) + int((bytes - 1 - (size_t{1} << power)) / step);
}

size_t size_of(int c) {
  if (c < 4) return align * (c + 1);
  const int power = c / 4 + 7;
  return (size_t{1} << power) + (size_t(c % 4) + 1) * (size_t{1} << (power - 2));
}

void* map_huge(size_t bytes) {
  const size_t length = bytes + huge_page;
  void* raw = mmap(nullptr, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (raw == MAP_FAILED) return nullptr;
  char* begin = static_cast<char*>(raw);
  char* block = begin + (huge_page - reinterpret_cast<uintptr_t>(raw) % huge_page) % huge_page;
  if (block > begin) munmap(begin, block - begin);
  if (begin + length > block + bytes) munmap(block + bytes, begin + length - block - bytes);
  madvise(block, bytes, MADV_HUGEPAGE);
  return block;
}

void* system_allocate(size_t bytes) {
  return caching && bytes >= huge_page ? map_huge(bytes) : std::aligned_alloc(align, bytes);
}

void system_release(void* block, size_t bytes) {
  if (caching && bytes >= huge_page)
    munmap(block, bytes);
  else
    std::free(block);
}

struct Free {
  Free* next;
};

// The header of a slab. Slabs are aligned to their size: masking the address of a block gives its slab.
struct Slab {
  int blocks, free;
};
Slab* slab_of(void* block) {
  return reinterpret_cast<Slab*>(reinterpret_cast<uintptr_t>(block) & ~(slab_bytes - 1));
}

// Held for a few nanoseconds at a time; costs half as much as a std::mutex.
class SpinLock {
 public:
  void lock() {
    for (int tries = 0; held_.exchange(true, std::memory_order_acquire); tries++)
      if (tries > 100) sched_yield();
  }
  void unlock() { held_.store(false, std::memory_order_release); }

 private:
  std::atomic<bool> held_{false};
};

// Constant-initialized and trivially destroyed: usable before main and while the process exits.
struct Cache {
  SpinLock mutex;
  Free* lists[classes] = {};
  size_t in_use = 0, cached = 0, peak = 0;

  void push(int c, void* block) {
    lists[c] = new (block) Free{lists[c]};
    cached += size_of(c);
  }

  void* pop(int c) {
    Free* block = lists[c];
    if (!block) return nullptr;
    lists[c] = block->next;
    cached -= size_of(c);
    return block;
  }

  void carve(int c, void* slab) {
    const size_t size = size_of(c);
    const int blocks = int((slab_bytes - align) / size);
    new (slab) Slab{blocks, 0};
    char* first = static_cast<char*>(slab) + align;
    for (int i = blocks; i-- > 0;) push(c, first + i * size);  // the lowest address is used first
  }

  // Removes the slabs without a block in use; returns a linked list with one block of each.
  Free* take_free_slabs(int c) {
    for (Free* f = lists[c]; f; f = f->next) slab_of(f)->free++;
    Free* taken = nullptr;
    for (Free** link = &lists[c]; *link;) {
      Free* f = *link;
      Slab* slab = slab_of(f);
      if (slab->free < slab->blocks) {
        link = &f->next;
        continue;
      }
      *link = f->next;
      cached -= size_of(c);
      if (reinterpret_cast<char*>(f) == reinterpret_cast<char*>(slab) + align) {
        f->next = taken;
        taken = f;
      }
    }
    for (Free* f = lists[c]; f; f = f->next) slab_of(f)->free = 0;
    return taken;
  }

  Free* take_all(int c) {
    Free* all = lists[c];
    for (Free* f = all; f; f = f->next) cached -= size_of(c);
    lists[c] = nullptr;
    return all;
  }

  void count(size_t size) {
    in_use += size;
    peak = std::max(peak, in_use);
  }
};

constinit Cache cache;

// The largest size of the cache: a quarter of the memory.
size_t cache_limit() {
  static const size_t limit = [] {
    pthread_atfork([] { cache.mutex.lock(); }, [] { cache.mutex.unlock(); }, [] { cache.mutex.unlock(); });
    return size_t(std::max<int64_t>(memory_limit() / 4, 64 << 20));
  }();
  return limit;
}

void* allocate_slowly(int c) {
  const size_t size = size_of(c);
  // The system may grant more memory than it has, and kill the process when it writes there.
  static const int64_t all_memory = memory_limit();
  if (size > size_t(all_memory)) throw std::bad_alloc();
  const bool small = caching && size <= small_limit;
  const auto get = [&] { return small ? std::aligned_alloc(slab_bytes, slab_bytes) : system_allocate(size); };
  cache_limit();
  void* block = get();
  if (!block) {
    trim();
    block = get();
    if (!block) throw std::bad_alloc();
  }
  const std::lock_guard lock(cache.mutex);
  cache.count(size);
  if (!small) return block;
  cache.carve(c, block);
  return cache.pop(c);
}

}  // namespace

size_t allocation_size(size_t bytes) { return bytes > max_bytes ? 0 : size_of(class_of(bytes)); }

void* allocate(size_t bytes) {
  if (bytes > max_bytes) throw std::bad_alloc();
  const int c = class_of(bytes);
  {
    const std::lock_guard lock(cache.mutex);
    if (void* block = cache.pop(c)) {
      cache.count(size_of(c));
      return block;
    }
  }
  return allocate_slowly(c);
}

void release(void* block, size_t bytes) noexcept {
  if (!block) return;
  const int c = class_of(bytes);
  const size_t size = size_of(c);
  bool keep = caching && size <= cache_limit();
  if (keep && size > small_limit && memory_stats().cached + int64_t(size) > int64_t(cache_limit())) trim();
  {
    const std::lock_guard lock(cache.mutex);
    cache.in_use -= size;
    if (keep) return cache.push(c, block);
  }
  system_release(block, size);
}

void trim() noexcept {
  for (int c = 0; c < classes; c++) {
    const bool small = size_of(c) <= small_limit;
    Free* blocks;
    {
      const std::lock_guard lock(cache.mutex);
      blocks = small ? cache.take_free_slabs(c) : cache.take_all(c);
    }
    while (blocks) {
      Free* next = blocks->next;
      if (small)
        std::free(slab_of(blocks));
      else
        system_release(blocks, size_of(c));
      blocks = next;
    }
  }
}

MemoryStats memory_stats() {
  const std::lock_guard lock(cache.mutex);
  return {int64_t(cache.in_use), int64_t(cache.cached), int64_t(cache.peak)};
}

void reset_peak_memory() {
  const std::lock_guard lock(cache.mutex);
  cache.peak = cache.in_use;
}

}  // namespace nncore
