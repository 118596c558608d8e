// Interrupts of long calls: exceptions that signal handlers of the user's language raise, such as Ctrl-C. The
// thread that runs these handlers polls for them about every 100 ms during a long call. Kernels check
// interrupted() between blocks and return early; the call then throws, and its results are dropped.
#pragma once
#include <atomic>
#include <cstdint>
#include <exception>

namespace nncore {

// Set by the language binding: `ask` runs the handlers of signals that have arrived and returns what one of
// them raised, or null. It is called on `thread` (a pthread_t) only; a forked child has the thread that
// forked.
void ask_for_interrupts(std::exception_ptr (*ask)(), uint64_t thread);

namespace detail {
extern constinit thread_local const std::atomic<bool>* thread_stop;  // of the call that this thread works for
bool look_for_interrupt();
}  // namespace detail

// Whether the call under way is to stop. A body that sees true may return at once. From then on the answer
// stays true for that call, on every thread. Costs a load where no interrupt is possible, else at most a look
// at the clock: meant for steps of 10 us and more.
inline bool interrupted() { return detail::thread_stop && detail::look_for_interrupt(); }

// A long call that may be abandoned. The constructor throws an interrupt that has arrived before.
class Interruptible {
 public:
  Interruptible();
  ~Interruptible();
  Interruptible(const Interruptible&) = delete;
  Interruptible& operator=(const Interruptible&) = delete;

  // Runs the call. An error of a call that was abandoned means nothing.
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

// For the work of a long walk over many short calls: throws an interrupt that has arrived.
void check_interrupts();

// While it lives, calls of this thread run to their end: they write memory that must not be left half
// written.
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
