// A reference-counted piece of memory on a device: owned, or borrowed. done(owner) ends the loan.
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "device.h"
#include "intrusive.h"

namespace nncore {

class Watcher;

class Storage final : public Object {
 public:
  Storage(size_t bytes, Device& device);
  Storage(void* data, size_t bytes, Device& device, void (*done)(void*), void* owner, bool read_only)
      : data_(data), bytes_(bytes), device_(device), read_only_(read_only), done_(done), owner_(owner) {}
  ~Storage() override;

  std::byte* data() const { return static_cast<std::byte*>(data_); }
  size_t bytes() const { return bytes_; }
  Device& device() const { return device_; }
  bool read_only() const { return read_only_; }

  // Increases with every call that writes here, so that backward detects values that changed since forward.
  // It is not incremented atomically: two threads that write to one storage are a data race anyway.
  uint32_t version() const { return version_.load(std::memory_order_relaxed); }
  void changed() { version_.store(version() + 1, std::memory_order_relaxed); }

  bool borrowed() const { return done_ != nullptr; }

  // Whether a tensor other than the given one, or a captured step, uses this memory. Values saved for backward
  // do not count.
  bool is_shared() const { return use_count() - saved_.load(std::memory_order_relaxed) > 1; }
  void count_saved(int change) { saved_.fetch_add(change, std::memory_order_relaxed); }

  // The watcher gets this storage when its last reference is dropped. Without one, the memory is released.
  void watch(Watcher* watcher) { watcher_ = watcher; }

 private:
  void dispose() noexcept override;

  void* data_;
  size_t bytes_;
  Device& device_;
  bool read_only_ = false;  // set by the owner of the borrowed memory
  std::atomic<uint32_t> version_{1};
  void (*done_)(void*) = nullptr;
  void* owner_ = nullptr;
  Watcher* watcher_ = nullptr;
  std::atomic<int64_t> saved_{0};  // the number of tensors here that are values saved for backward
};

}  // namespace nncore
