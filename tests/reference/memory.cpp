#include <sys/mman.h>

#include <cstring>
#include <map>
#include <mutex>
#include <new>
#include <vector>

#include "reference.h"

namespace nncore::reference {

namespace {

constexpr size_t capacity = size_t(4) << 30;  // address space: unused pages cost nothing

// Two mappings of equal size: the addresses that tensors hold, and the bytes.
class Memory {
 public:
  Memory() : addresses_(map(PROT_NONE)), bytes_(map(PROT_READ | PROT_WRITE)) {}

  void* allocate(size_t bytes) {
    bytes = rounded(bytes);
    const std::lock_guard lock(mutex_);
    size_t at = end_;
    if (std::vector<size_t>& free = free_[bytes]; !free.empty()) {
      at = free.back();
      free.pop_back();
    } else {
      if (bytes > capacity - end_) throw std::bad_alloc();
      end_ += bytes;
    }
    std::memset(bytes_ + at, 0xff, bytes);
    return addresses_ + at;
  }

  void release(void* block, size_t bytes) {
    const std::lock_guard lock(mutex_);
    free_[rounded(bytes)].push_back(size_t(static_cast<std::byte*>(block) - addresses_));
  }

  void* host_address(const void* address) const {
    const auto offset = size_t(static_cast<const std::byte*>(address) - addresses_);
    check<Error>(offset < capacity, "the memory of another device was passed to the backend 'reference'");
    return bytes_ + offset;
  }

 private:
  static std::byte* map(int protection) {
    void* const block =
        mmap(nullptr, capacity, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (block == MAP_FAILED) throw std::bad_alloc();
    return static_cast<std::byte*>(block);
  }
  static size_t rounded(size_t bytes) { return (bytes / 64 + 1) * 64; }

  std::byte *addresses_, *bytes_;
  std::mutex mutex_;
  size_t end_ = 0;
  std::map<size_t, std::vector<size_t>> free_;  // offsets of released blocks by size
};

Memory& memory() {
  static Memory& all = *new Memory;
  return all;
}

}  // namespace

void* allocate(size_t bytes) { return memory().allocate(bytes); }
void release(void* block, size_t bytes) noexcept { memory().release(block, bytes); }
void* host_address(const void* address) { return memory().host_address(address); }

}  // namespace nncore::reference
