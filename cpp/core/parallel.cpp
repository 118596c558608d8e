// The team of threads. A region of OpenMP ends in a barrier that waits for every thread, even for one whose
// core is taken by another process: a region of 200 us then took 1 to 8 ms. Here the threads claim parts. A
// late thread claims none, and no thread waits for it. A team that still loses time gets fewer threads for a
// while. OpenMP only stores the number of threads, so that OMP_NUM_THREADS, omp_set_num_threads and
// threadpoolctl work.
#include "parallel.h"

#include <linux/futex.h>
#include <omp.h>
#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <exception>
#include <mutex>
#include <new>
#include <system_error>
#include <thread>

#include "cpu.h"
#include "error.h"
#include "interrupt.h"

namespace nncore {
namespace {

constexpr int64_t us = 1'000, ms = 1'000'000;
constexpr int64_t break_even = 12 * us;        // less work than this is faster on one thread
constexpr int64_t min_share = break_even / 2;  // the least work per thread
constexpr int64_t part_time = 250 * us;        // the work per part if there is enough
constexpr int64_t spin_time = 100 * us;        // a worker spins this long for the next region, then sleeps
constexpr int64_t wait_time = 20 * us;         // the caller spins this long for the last parts, then sleeps
constexpr int64_t look_time = 50 * ms;         // a sleeping caller checks this often for an interrupt

int64_t now() { return std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds(1); }

void pause() {
#if defined(__x86_64__)
  _mm_pause();
#elif defined(__aarch64__)
  asm volatile("isb" ::: "memory");
#endif
}

// Spins until done(), for at most about `duration`.
template <class F>
bool spin(int64_t duration, F done) {
  for (int64_t end = 0;;) {
    for (int i = 0; i < 32; i++) {
      if (done()) return true;
      pause();
    }
    const int64_t t = now();
    if (end == 0) end = t + duration;
    if (t > end) return false;
  }
}

using Word = std::atomic<uint32_t>;
void futex_wait(Word& word, uint32_t value, const timespec* at_most = nullptr) {
  syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, value, at_most, nullptr, 0);
}
void futex_wake(Word& word) { syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0); }

thread_local bool inside = false;
thread_local int team_limit = max_num_threads;

struct InsideRegion {
  FlushSubnormals mode;
  const bool before = inside;
  InsideRegion() { inside = true; }
  ~InsideRegion() { inside = before; }
};

// The account of a team: the time saved by its last thread, minus the time lost in waking threads and waiting
// for them. At a balance below `least`, the team has one thread less for a while. If the next trial of that
// thread fails too, the pause doubles.
class Account {
 public:
  int allowed(int threads) {
    const int withheld = withheld_.load(std::memory_order_relaxed);
    if (withheld == 0) return threads;
    int64_t at = retry_at_.load(std::memory_order_relaxed);
    if (const int64_t t = now(); t > at && retry_at_.compare_exchange_strong(at, t + first_pause))
      withheld_.store(withheld - 1, std::memory_order_relaxed);
    return std::max(1, threads - withheld);
  }

  void add(int64_t saved, int64_t lost) {
    balance_ = std::min(balance_ + saved - lost, most);
    if (balance_ > least) return;
    balance_ = 0;
    const int64_t t = now();
    pause_ = t > pause_until_ + 16 * pause_ ? first_pause : std::min(2 * pause_, last_pause);
    pause_until_ = t + pause_;
    withheld_.fetch_add(1, std::memory_order_relaxed);
    retry_at_.store(pause_until_, std::memory_order_relaxed);
  }

 private:
  // Another process takes a core for some milliseconds at a time. `most` is large enough to remember savings
  // that outweigh such a loss now and then.
  static constexpr int64_t most = 100 * ms, least = -30 * ms, first_pause = 10 * ms, last_pause = 640 * ms;
  std::atomic<int> withheld_{0};
  std::atomic<int64_t> retry_at_{0};
  int64_t balance_ = 0, pause_ = first_pause, pause_until_ = 0;  // used by the owner of the team only
};

class Team {
 public:
  Account account;

  // False if another thread has the team: the caller then works alone.
  bool run(int parts, int threads, detail::Task task, void* context) {
    if (!owner_.try_lock()) return false;
    const std::lock_guard lock(owner_, std::adopt_lock);
    while (workers_ < threads - 1 && start_worker()) {
    }
    threads = std::min(threads, workers_ + 1);

    std::exception_ptr failure;
    task_ = task;
    context_ = context;
    threads_ = threads;
    failure_ = &failure;
    stop_ = detail::thread_stop;
    failed_.store(false, std::memory_order_relaxed);
    for (int r = 0; r < threads; r++) {
      slots_[r].end = int(int64_t{parts} * (r + 1) / threads);
      slots_[r].next.store(int(int64_t{parts} * r / threads), std::memory_order_relaxed);
    }
    const int64_t t0 = now();
    state_.fetch_or(open);
    for (int r = 1; r < threads; r++) call(slots_[r]);
    const int64_t t1 = now();
    const int own = work(0);
    const int64_t t2 = now();
    close();
    if (threads > 1) {
      const int64_t others = threads - 1, busy = t2 - t1;
      const int64_t helped = own == 0 ? busy * others : std::min(busy / own * (parts - own), busy * others);
      // The threads never end at the same time exactly: a short wait does not mean that a core is taken.
      const int64_t waited = std::max<int64_t>(now() - t2 - busy / 4, 0);
      account.add(helped / (others * others), t1 - t0 + waited);
    }
    if (failure) std::rethrow_exception(failure);
    return true;
  }

 private:
  // The parts of a rank, which other ranks take when theirs are done, and the word that its worker waits on.
  struct alignas(64) Slot {
    std::atomic<int> next{0};
    int end = 0;
    Word signal{0};
  };
  enum : uint32_t { idle, called, asleep };                                                    // Slot::signal
  static constexpr uint32_t open = 1u << 31, sleeping = 1u << 30, inside_mask = sleeping - 1;  // state_

  static void call(Slot& slot) {
    if (slot.signal.exchange(called) == asleep) futex_wake(slot.signal);
  }

  static void await_call(Slot& slot) {
    uint32_t expected = idle;
    if (!spin(spin_time, [&] { return slot.signal.load(std::memory_order_relaxed) == called; }) &&
        slot.signal.compare_exchange_strong(expected, asleep))
      while (slot.signal.load() == asleep) futex_wait(slot.signal, asleep);
    slot.signal.store(idle);
  }

  [[noreturn]] void serve(int rank) {
    for (;;) {
      await_call(slots_[rank]);
      if ((state_.fetch_add(1) & open) && rank < threads_) {
        detail::thread_stop = stop_;
        work(rank);
        detail::thread_stop = nullptr;
      }
      const uint32_t before = state_.fetch_sub(1);
      if ((before & sleeping) && (before & inside_mask) == 1) futex_wake(state_);
    }
  }

  // Workers enter while the region is open. The caller continues when all that entered have left.
  void close() {
    const auto empty = [&] { return (state_.load() & inside_mask) == 0; };
    state_.fetch_and(~open);
    if (spin(wait_time, empty)) return;
    const timespec at_most = {0, look_time};
    for (uint32_t state; ((state = state_.fetch_or(sleeping) | sleeping) & inside_mask) != 0;) {
      futex_wait(state_, state, stop_ ? &at_most : nullptr);
      interrupted();
    }
    state_.fetch_and(~sleeping);
  }

  int work(int rank) {
    const InsideRegion region;
    int done = 0;
    for (int i = 0; i < threads_; i++) {
      Slot& slot = slots_[(rank + i) % threads_];
      while (slot.next.load(std::memory_order_relaxed) < slot.end) {
        const int part = slot.next.fetch_add(1, std::memory_order_relaxed);
        if (part >= slot.end) break;
        done++;
        if (failed_.load(std::memory_order_relaxed) || interrupted()) continue;
        try {
          task_(context_, part);
        } catch (...) {
          if (!failed_.exchange(true)) *failure_ = std::current_exception();
        }
      }
    }
    return done;
  }

  bool start_worker() {
    sigset_t all, old;  // workers take no signals: those are for the threads of the program
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    bool started = true;
    try {
      std::thread worker([this, rank = workers_ + 1] { serve(rank); });
      pthread_setname_np(worker.native_handle(), "nncore");
      worker.detach();
      workers_++;
    } catch (const std::system_error&) {
      started = false;
    }
    pthread_sigmask(SIG_SETMASK, &old, nullptr);
    return started;
  }

  alignas(64) Word state_{0};  // number of workers inside | open | sleeping (the caller)
  alignas(64) detail::Task task_ = nullptr;
  void* context_ = nullptr;
  int threads_ = 0, workers_ = 0;
  std::exception_ptr* failure_ = nullptr;
  const std::atomic<bool>* stop_ = nullptr;
  std::atomic<bool> failed_{false};
  std::mutex owner_;
  Slot slots_[max_num_threads];
};

// Never destroyed: its workers wait in it until the process exits. A forked child starts with a new team.
constinit Team team;

std::atomic<int>& limit() {
  static std::atomic<int> value = [] {
    pthread_atfork(nullptr, nullptr, [] { new (&team) Team; });
    return default_threads();
  }();
  return value;
}

// OpenMP's number of threads at our last check. If it differs now, threadpoolctl or omp_set_num_threads has
// changed it since, and the latest setting applies.
thread_local int known_omp = 0;

}  // namespace

int num_threads() {
  const int ours = limit().load(std::memory_order_relaxed), omp = omp_get_max_threads();
  if (known_omp == 0) known_omp = omp;
  return omp == known_omp ? ours : std::min(omp, max_num_threads);
}

void set_num_threads(int n) {
  if (n < 1 || n > max_num_threads)
    raise<ValueError>("set_num_threads: expected a number of threads from 1 to ", max_num_threads, ", got ",
                      n);
  limit().store(n);
  omp_set_num_threads(n);
  known_omp = n;
}

bool in_parallel() { return inside; }

TeamLimit::TeamLimit() : before_(team_limit) {}
TeamLimit::~TeamLimit() { team_limit = before_; }
void TeamLimit::set(int threads) { team_limit = threads; }

namespace {
std::atomic<bool> always_split{false};
}
void set_always_split(bool on) { always_split = on; }

int team_size(int64_t cost) {
  if (always_split.load(std::memory_order_relaxed) && !inside) return std::min(num_threads(), team_limit);
  if (cost < break_even || inside || team_limit == 1) return 1;
  const int threads = std::min(num_threads(), team_limit);
  return threads == 1 ? 1 : int(std::min<int64_t>(cost / min_share, team.account.allowed(threads)));
}

namespace detail {

int parts_for(int64_t n, int64_t cost, int threads) {
  const int64_t share = cost / threads;
  const int64_t each =
      std::clamp<int64_t>(share / part_time, std::clamp<int64_t>(share / min_share, 1, 4), 64);
  return int(std::min<int64_t>(n, threads * each));
}

int turns_for(int64_t n, int64_t cost) { return int(std::min<int64_t>({n, cost / long_turn, 1 << 20})); }

void run_parts(int parts, int threads, Task task, void* context) {
  if (threads > 1 && team.run(parts, threads, task, context)) return;
  const InsideRegion region;
  for (int part = 0; part < parts && !interrupted(); part++) task(context, part);
}

}  // namespace detail
}  // namespace nncore
