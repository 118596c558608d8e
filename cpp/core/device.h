// A kind of memory for tensors. A backend (backend/backend.h) is a device that also runs kernels.
#pragma once
#include <cstddef>

namespace nncore {

class Device {
 public:
  const char* name() const { return name_; }
  bool is_host() const { return is_host_; }  // the host reads and writes this memory directly

  virtual void* allocate(size_t bytes) = 0;  // never null; throws std::bad_alloc
  virtual void release(void* block, size_t bytes) noexcept = 0;
  virtual void upload(void* to, const void* from, size_t bytes) = 0;    // from the host's memory
  virtual void download(void* to, const void* from, size_t bytes) = 0;  // to the host's memory

 protected:
  Device(const char* name, bool is_host) : name_(name), is_host_(is_host) {}
  ~Device() = default;

 private:
  const char* name_;
  bool is_host_;
};

// The device whose memory is the host's.
Device& host();

}  // namespace nncore
