#include "parallel.h"

#include <omp.h>
#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>

#include "cpu.h"
#include "error.h"

namespace nncore {
namespace {

constexpr int64_t break_even = 12'000;  // ns of work below which a second thread does not pay
constexpr int64_t min_share = 6'000;    // ns of work that each thread should have

thread_local bool inside = false;
std::atomic<int> open_regions{0};
bool forked_busy = false;  // the parent forked inside a region: its team is lost, this child stays on one thread

// libgomp's threads do not exist in a forked child and the first region there would wait for them for ever.
void before_fork() {
  if (open_regions.load() == 0) omp_pause_resource_all(omp_pause_hard);
}
void in_child() {
  if (open_regions.exchange(0) != 0) forked_busy = true;
  inside = false;
}

std::atomic<int>& limit() {
  static std::atomic<int> value = [] {
    pthread_atfork(before_fork, nullptr, in_child);
    return default_threads();
  }();
  return value;
}

// OpenMP's own setting of this thread when we last looked: a difference means that someone (threadpoolctl,
// omp_set_num_threads) has changed it since, and the last word wins.
thread_local int known_omp = 0;

}  // namespace

int num_threads() {
  const int ours = limit().load(std::memory_order_relaxed), omp = omp_get_max_threads();
  if (known_omp == 0) known_omp = omp;
  return omp == known_omp ? ours : std::min(omp, max_num_threads);
}

void set_num_threads(int n) {
  if (n < 1 || n > max_num_threads)
    raise<ValueError>("set_num_threads: expected a number of threads from 1 to ", max_num_threads, ", got ", n);
  limit().store(n);
  omp_set_num_threads(n);
  known_omp = n;
}

bool in_parallel() { return inside; }

int team_size(int64_t cost) {
  if (cost < break_even || inside || forked_busy) return 1;
  return int(std::clamp<int64_t>(cost / min_share, 1, num_threads()));
}

namespace detail {

int parts_for(int64_t n, int64_t cost, int threads) {
  const int64_t per_thread = std::clamp<int64_t>(cost / (threads * 4 * min_share), 1, 4);
  return int(std::min<int64_t>(n, threads * per_thread));
}

void run_parts(int parts, int threads, Task task, void* context) {
  std::atomic<int> next{0};
  std::exception_ptr failure;
  std::once_flag failed;
  open_regions++;
#pragma omp parallel num_threads(threads)
  {
    FlushSubnormals mode;
    inside = true;
    for (int part; (part = next.fetch_add(1, std::memory_order_relaxed)) < parts;) {
      try {
        task(context, part);
      } catch (...) {
        std::call_once(failed, [&] { failure = std::current_exception(); });
        next.store(parts, std::memory_order_relaxed);
      }
    }
    inside = false;
  }
  open_regions--;
  if (failure) std::rethrow_exception(failure);
}

}  // namespace detail
}  // namespace nncore
