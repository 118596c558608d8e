// The watcher observes the work of one thread while a step is captured. Without a watcher, each function here
// costs one load.
#pragma once
#include <atomic>
#include <cstdint>

namespace nncore {

class Storage;
class TensorImpl;

class Watcher {
 public:
  virtual void storage_made(Storage& storage) = 0;
  virtual void storage_died(Storage* storage) noexcept = 0;  // the watcher owns it from here on
  virtual void backward_begins() = 0;
  // Backward is about to set leaf.grad or add to it, or the user reads it.
  virtual void gradient_used(TensorImpl& leaf) = 0;
  virtual void gradient_set(TensorImpl& leaf) = 0;  // the user is about to set or drop leaf.grad
  virtual void host_reads(const char* what) = 0;
  virtual void host_writes(const char* what) = 0;

 protected:
  ~Watcher() = default;
};

namespace detail {
extern std::atomic<int> watchers;  // in all threads
extern thread_local Watcher* thread_watcher;
}  // namespace detail

inline Watcher* watcher() {
  return detail::watchers.load(std::memory_order_relaxed) == 0 ? nullptr : detail::thread_watcher;
}

// While this object lives, `watcher` watches this thread; null: no watcher does.
class Watch {
 public:
  explicit Watch(Watcher* watcher) : before_(detail::thread_watcher) {
    detail::thread_watcher = watcher;
    detail::watchers.fetch_add(1, std::memory_order_relaxed);
  }
  ~Watch() {
    detail::thread_watcher = before_;
    detail::watchers.fetch_sub(1, std::memory_order_relaxed);
  }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

 private:
  Watcher* before_;
};

// The host is about to read or make values, which a captured step cannot do. `what` names the operation.
inline void host_reads(const char* what) {
  if (Watcher* w = watcher()) w->host_reads(what);
}
inline void host_writes(const char* what) {
  if (Watcher* w = watcher()) w->host_writes(what);
}

}  // namespace nncore
