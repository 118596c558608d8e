// A reference-counted run of bytes: owned, from the caching allocator, or borrowed from somebody who is told
// at the end.
#pragma once
#include <cstddef>

#include "intrusive.h"

namespace nncore {

class Watcher;

enum class Device : uint8_t { cpu };

class Storage final : public Object {
 public:
  explicit Storage(size_t bytes);
  Storage(void* data, size_t bytes, void (*done)(void*), void* owner)
      : data_(data), bytes_(bytes), done_(done), owner_(owner) {}
  ~Storage() override;

  std::byte* data() const { return static_cast<std::byte*>(data_); }
  size_t bytes() const { return bytes_; }
  bool borrowed() const { return done_ != nullptr; }

  // Who gets this storage when its last owner leaves it; null: the allocator.
  void watch(Watcher* watcher) { watcher_ = watcher; }

 private:
  void dispose() noexcept override;

  void* data_;
  size_t bytes_;
  void (*done_)(void*) = nullptr;
  void* owner_ = nullptr;
  Watcher* watcher_ = nullptr;
};

}  // namespace nncore
