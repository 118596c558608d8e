#include "core/allocator.h"

#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <new>
#include <string>
#include <vector>

#include "core/philox.h"
#include "expect.h"

namespace nncore::test {
namespace {

void size_classes() {
  size_t last = 0;
  for (size_t n = 0; n < size_t{1} << 45; n += 1 + n / 1000) {
    const size_t size = allocation_size(n);
    expect(size >= n && size >= last && size % 64 == 0, std::to_string(n));
    expect(size <= std::max<size_t>(n + 64, n + n / 4), std::to_string(n) + " " + std::to_string(size));
    expect(allocation_size(size) == size && (size < 320 || allocation_size(size + 1) > size));
    last = size;
  }
  expect(allocation_size(0) == 64 && allocation_size(257) == 320 && allocation_size(1025) == 1280);
  expect(allocation_size(size_t{1} << 46) == size_t{1} << 46 && allocation_size((size_t{1} << 46) + 1) == 0);
}

struct Block {
  unsigned char* p;
  size_t size;
  unsigned char mark;
};

// Blocks are aligned, keep their bytes and do not overlap: each is filled with its own pattern.
void hammer(unsigned seed) {
  std::vector<Block> blocks;
  uint64_t i = 0;
  const auto draw = [&](uint64_t bound) { return bounded_at(seed, 9, 0, i++, bound); };
  const auto check_and_release = [&](const Block& b) {
    expect(std::all_of(b.p, b.p + b.size, [&](unsigned char c) { return c == b.mark; }));
    release(b.p, b.size);
  };
  for (int step = 0; step < 4000; step++) {
    if (blocks.size() > 60 || (!blocks.empty() && draw(3) == 0)) {
      std::swap(blocks[draw(blocks.size())], blocks.back());
      check_and_release(blocks.back());
      blocks.pop_back();
    } else {
      const size_t size = draw(size_t{1} << draw(step % 64 == 0 ? 22 : 15));
      auto* p = static_cast<unsigned char*>(allocate(size));
      expect(reinterpret_cast<uintptr_t>(p) % 64 == 0);
      blocks.push_back({p, size, static_cast<unsigned char>(step * 7 + seed)});
      std::memset(p, blocks.back().mark, size);
    }
    if (step % 1000 == 500) trim();
  }
  for (const Block& b : blocks) check_and_release(b);
}

void allocator_blocks() {
  const int64_t before = memory_stats().in_use;
  hammer(1);
  at_once(4, [](int rank) { hammer(unsigned(2 + rank)); });
  expect(memory_stats().in_use == before);
  trim();
  expect(memory_stats().cached == 0, std::to_string(memory_stats().cached));

  void* zero = allocate(0);
  expect(zero != nullptr);
  release(zero, 0);
  release(nullptr, 100);
}

void allocator_reuses() {
#if defined(__SANITIZE_ADDRESS__)
  return;
#endif
  for (const size_t size : {size_t{64}, size_t{5000}, size_t{100'000}, size_t{8} << 20}) {
    void* first = allocate(size);
    const MemoryStats during = memory_stats();
    release(first, size);
    expect(memory_stats().in_use == during.in_use - int64_t(allocation_size(size)));
    expect(memory_stats().cached >= int64_t(allocation_size(size)));
    expect(allocate(size) == first);
    release(first, size);
  }
  reset_peak_memory();
  const int64_t base = memory_stats().in_use;
  void* a = allocate(1 << 20);
  void* b = allocate(3 << 20);
  release(a, 1 << 20);
  release(b, 3 << 20);
  expect(memory_stats().peak == base + (4 << 20));
  void* huge = allocate(4 << 20);
  expect(reinterpret_cast<uintptr_t>(huge) % (2 << 20) == 0);
  release(huge, 4 << 20);
  trim();
}

void allocator_fails_cleanly() {
  expect_throw<std::bad_alloc>([] { allocate(~size_t{0}); });
  expect_throw<std::bad_alloc>([] { allocate((size_t{1} << 46) + 1); });
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  if (emulated()) return;
  // with 256 MiB of address space left, cached blocks must be released for a larger one
  const int status = in_child([] {
    std::ifstream statm("/proc/self/statm");
    rlim_t pages = 0;
    statm >> pages;
    const rlim_t limit = pages * rlim_t(sysconf(_SC_PAGESIZE)) + (256 << 20);
    const rlimit r{limit, limit};
    setrlimit(RLIMIT_AS, &r);
    for (int i = 0; i < 3; i++) release(allocate(size_t(40 + 8 * i) << 20), size_t(40 + 8 * i) << 20);
    void* large = allocate(size_t{180} << 20);
    const MemoryStats before = memory_stats();
    try {
      allocate(size_t{180} << 20);
      return 1;
    } catch (const std::bad_alloc&) {
    }
    if (memory_stats().in_use != before.in_use) return 2;
    release(large, size_t{180} << 20);
    return 0;
  });
  expect(status == 0, std::to_string(status));
#endif
}

void allocator_in_forked_child() {
#ifndef __SANITIZE_ADDRESS__  // a fork beside a thread may leave the sanitizer's allocator locked
  if (emulated()) return;
  std::atomic<bool> stop{false};
  at_once(2, [&](int rank) {
    while (rank == 1 && !stop) release(allocate(1000), 1000);
    for (int i = 0; rank == 0 && i < 20; i++) {
      const int status = in_child([] {
        release(allocate(1000), 1000);
        return 0;
      });
      expect(status == 0, std::to_string(status));
    }
    stop = true;
  });
#endif
}

}  // namespace

void test_allocator() {
  size_classes();
  allocator_blocks();
  allocator_reuses();
  allocator_fails_cleanly();
  allocator_in_forked_child();
}

}  // namespace nncore::test
