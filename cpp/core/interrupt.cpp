#include "interrupt.h"

#include <pthread.h>

#include <chrono>
#include <utility>

#include "fpmode.h"
#include "parallel.h"

namespace nncore {

namespace detail {
constinit thread_local const std::atomic<bool>* thread_stop = nullptr;
}

namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds period{100};

std::exception_ptr (*ask)() = nullptr;
std::atomic<uint64_t> asking_thread{0};
Clock::time_point next_look;  // used by the asking thread only

constinit thread_local Interruptible* current = nullptr;
constinit thread_local bool finishes = false;

uint64_t this_thread() { return uint64_t(pthread_self()); }
bool may_ask() { return ask && !finishes && asking_thread.load(std::memory_order_relaxed) == this_thread(); }

// Handlers are user code and run in the processor's default arithmetic mode. Their work is not part of the
// interrupted call. It stays on this thread, because the team is busy with that call.
std::exception_ptr look(Clock::time_point now) {
  if (now < next_look) return nullptr;
  const WithSubnormals mode;
  TeamLimit alone;
  alone.set(1);
  const auto stop = std::exchange(detail::thread_stop, nullptr);
  const auto call = std::exchange(current, nullptr);
  std::exception_ptr raised = ask();
  detail::thread_stop = stop;
  current = call;
  next_look = Clock::now() + period;
  return raised;
}

}  // namespace

void ask_for_interrupts(std::exception_ptr (*by)(), uint64_t thread) {
  ask = by;
  asking_thread = thread;
  static const int once =
      pthread_atfork(nullptr, nullptr, [] { asking_thread.store(this_thread(), std::memory_order_relaxed); });
  static_cast<void>(once);
}

bool detail::look_for_interrupt() {
  if (thread_stop->load(std::memory_order_relaxed)) return true;
  if (!current) return false;
  Interruptible& call = *current;
  if (std::exception_ptr raised = look(Clock::now())) {
    call.raised_ = std::move(raised);
    call.stop_.store(true, std::memory_order_relaxed);
  }
  return call.stopped();
}

void check_interrupts() {
  if (!may_ask()) return;
  if (const std::exception_ptr raised = look(Clock::now())) std::rethrow_exception(raised);
}

Interruptible::Interruptible() : stop_before_(detail::thread_stop), before_(current) {
  if (!may_ask()) return;
  check_interrupts();
  detail::thread_stop = &stop_;
  current = this;
}

Interruptible::~Interruptible() {
  detail::thread_stop = stop_before_;
  current = before_;
}

Uninterrupted::Uninterrupted() : stop_before_(detail::thread_stop), before_(finishes) {
  detail::thread_stop = nullptr;
  finishes = true;
}

Uninterrupted::~Uninterrupted() {
  detail::thread_stop = stop_before_;
  finishes = before_;
}

}  // namespace nncore
