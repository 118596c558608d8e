#include "allocator.h"

#include <pthread.h>
#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <mutex>
#include <new>

#include "cpu.h"

namespace nncore {
namespace {

#if defined(__SANITIZE_ADDRESS__)
constexpr bool caching = false;  // every block is the sanitizer's own, so that it sees use after release
#else
constexpr bool caching = true;
#endif

constexpr size_t align = 64;
constexpr size_t small_limit = 32 << 10;  // blocks up to here are carved from slabs
constexpr size_t slab_bytes = 256 << 10;
constexpr size_t huge_page = 2 << 20;
constexpr size_t max_bytes = size_t{1} << 46;
constexpr int classes = 4 * 40;

// Class 0 is 64 bytes, then 128 192 256, 320 384 448 512, 640 ... (multiples of a quarter of the power
// below).
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

// Lies at the start of each slab, which is aligned to its size: a block finds its slab by masking.
struct Slab {
  int blocks, free;
};
Slab* slab_of(void* block) {
  return reinterpret_cast<Slab*>(reinterpret_cast<uintptr_t>(block) & ~(slab_bytes - 1));
}

// Constant-initialised and trivially destroyed: usable before main and while the process ends.
struct Cache {
  std::mutex mutex;
  Free* lists[classes] = {};
  size_t in_use = 0, cached = 0, peak = 0, limit = 0;

  void start() {
    limit = size_t(std::max<int64_t>(memory_limit() / 4, 64 << 20));
    pthread_atfork([] { lock(); }, [] { unlock(); }, [] { unlock(); });
  }
  static void lock();
  static void unlock();

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

  bool carve(int c) {
    void* memory = std::aligned_alloc(slab_bytes, slab_bytes);
    if (!memory) return false;
    const size_t size = size_of(c);
    const int blocks = int((slab_bytes - align) / size);
    new (memory) Slab{blocks, 0};
    char* first = static_cast<char*>(memory) + align;
    for (int i = blocks; i-- > 0;) push(c, first + i * size);  // the lowest address is used first
    return true;
  }

  void* take(int c) {
    if (void* block = pop(c)) return block;
    if (size_of(c) > small_limit) return system_allocate(size_of(c));
    return carve(c) ? pop(c) : nullptr;
  }

  // Small blocks go back when the whole slab is free.
  void trim_small(int c) {
    for (Free* f = lists[c]; f; f = f->next) slab_of(f)->free++;
    Free* empty = nullptr;  // one block of each slab to be given back
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
        f->next = empty;
        empty = f;
      }
    }
    while (empty) {
      Free* next = empty->next;
      std::free(slab_of(empty));
      empty = next;
    }
    for (Free* f = lists[c]; f; f = f->next) slab_of(f)->free = 0;
  }

  void trim() {
    for (int c = 0; c < classes; c++) {
      if (size_of(c) <= small_limit)
        trim_small(c);
      else
        while (void* block = pop(c)) system_release(block, size_of(c));
    }
  }
};

constinit Cache cache;
void Cache::lock() { cache.mutex.lock(); }
void Cache::unlock() { cache.mutex.unlock(); }

}  // namespace

size_t allocation_size(size_t bytes) { return bytes > max_bytes ? 0 : size_of(class_of(bytes)); }

void* allocate(size_t bytes) {
  if (bytes > max_bytes) throw std::bad_alloc();
  const int c = class_of(bytes);
  std::lock_guard lock(cache.mutex);
  if (cache.limit == 0) cache.start();
  void* block = caching ? cache.take(c) : system_allocate(size_of(c));
  if (!block) {
    cache.trim();
    block = caching ? cache.take(c) : nullptr;
    if (!block) throw std::bad_alloc();
  }
  cache.in_use += size_of(c);
  cache.peak = std::max(cache.peak, cache.in_use);
  return block;
}

void release(void* block, size_t bytes) noexcept {
  if (!block) return;
  const int c = class_of(bytes);
  const size_t size = size_of(c);
  std::lock_guard lock(cache.mutex);
  cache.in_use -= size;
  if (!caching || size > cache.limit) return system_release(block, size);
  if (cache.cached + size > cache.limit) cache.trim();
  cache.push(c, block);
}

void trim() noexcept {
  std::lock_guard lock(cache.mutex);
  cache.trim();
}

MemoryStats memory_stats() {
  std::lock_guard lock(cache.mutex);
  return {int64_t(cache.in_use), int64_t(cache.cached), int64_t(cache.peak)};
}

void reset_peak_memory() {
  std::lock_guard lock(cache.mutex);
  cache.peak = cache.in_use;
}

}  // namespace nncore
