// Interrupts of long calls, such as Ctrl-C: exceptions raised by signal handlers of the user's language. The
// thread that runs these handlers polls for them about every 100 ms during a long call. Kernels check
// interrupted() between blocks and return early. The call then throws; its results are dropped.
#pragma once
#include <atomic>
#include <cstdint>
#include <exception>

namespace nncore {

// Called by the language binding. `ask` runs the handlers of pending signals and returns the exception of one
// of them, or null. It runs on `thread` (a pthread_t) only; in a forked child, on the thread that forked.
void ask_for_interrupts(std::exception_ptr (*ask)(), uint64_t thread);

namespace detail {
extern constinit thread_local const std::atomic<bool>* thread_stop;  // of the call that this thread works for
bool look_for_interrupt();
}  // namespace detail

// True if the current call is to stop: its body may then return at once. It stays true for that call, on all
// threads. The cost is one load if no interrupt is possible, else at most a read of the clock: call it every
// 10 us or less often.
inline bool interrupted() { return detail::thread_stop && detail::look_for_interrupt(); }

// A long call that can be abandoned. The constructor throws a pending interrupt.
class Interruptible {
 public:
  Interruptible();
  ~Interruptible();
  Interruptible(const Interruptible&) = delete;
  Interruptible& operator=(const Interruptible&) = delete;

  // Runs the call. Errors of an abandoned call are dropped.
  template <class F>
  void run(F&& f) {
    try {
      f();
    } catch (...) {
      if (!stopped()) throw;
    }
  }
  bool stopped() const { return stop_.load(std::memory_order_relaxed); }
  // Throws the interrupt, if there was one.
  void check() const {
    if (stopped()) std::rethrow_exception(raised_);
  }

 private:
  friend bool detail::look_for_interrupt();

  std::atomic<bool> stop_{false};
  std::exception_ptr raised_;
  const std::atomic<bool>* stop_before_;
  Interruptible* before_;
};

// For long loops over many short calls: throws a pending interrupt.
void check_interrupts();

// While this object lives, calls of this thread run to their end: they must not leave memory half written.
class Uninterrupted {
 public:
  Uninterrupted();
  ~Uninterrupted();
  Uninterrupted(const Uninterrupted&) = delete;
  Uninterrupted& operator=(const Uninterrupted&) = delete;

 private:
  const std::atomic<bool>* stop_before_;
  bool before_;
};

}  // namespace nncore
