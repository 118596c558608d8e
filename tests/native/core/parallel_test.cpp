#include "core/parallel.h"

#include <dlfcn.h>
#include <sched.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <cfloat>
#include <mutex>
#include <new>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "core/cpu.h"
#include "core/error.h"
#include "expect.h"

namespace nncore::test {
namespace {

constexpr int64_t plenty = 1'000'000'000;  // ns: enough work for a team

void every_index_once() {
  for (const int threads : {1, 2, 3, 7, 16}) {
    set_num_threads(threads);
    expect(num_threads() == threads);
    for (const int64_t n : {0, 1, 2, 3, 5, 16, 17, 1000, 100'003})
      for (const int64_t cost : {int64_t{0}, int64_t{20'000}, int64_t{500'000}, plenty}) {
        std::vector<unsigned char> seen(n);
        parallel_for(n, cost, [&](int64_t begin, int64_t end) {
          expect(begin < end);
          for (int64_t i = begin; i < end; i++) seen[i]++;
        });
        expect(std::all_of(seen.begin(), seen.end(), [](int c) { return c == 1; }), std::to_string(n));
      }
  }
  // parts beyond 2^32
  std::atomic<int64_t> covered{0};
  const int64_t n = int64_t{1} << 62;
  parallel_for(n, plenty, [&](int64_t begin, int64_t end) { covered += end - begin; });
  expect(covered == n);
}

void small_and_nested_stay() {
  set_num_threads(4);
  const std::thread::id caller = std::this_thread::get_id();
  parallel_for(1000, 1000, [&](int64_t begin, int64_t end) {
    expect(begin == 0 && end == 1000 && std::this_thread::get_id() == caller);
  });
  expect(!in_parallel());
  while (team_size(plenty) == 1) usleep(1000);  // earlier regions may have been too slow for a team
  parallel_for(64, plenty, [&](int64_t, int64_t) {
    const std::thread::id outer = std::this_thread::get_id();
    expect(in_parallel() && team_size(plenty) == 1);
    int64_t done = 0;  // long work is split, and interrupts are checked between its parts
    parallel_for(1000, plenty, [&](int64_t begin, int64_t end) {
      expect(begin == done && std::this_thread::get_id() == outer);
      done = end;
    });
    expect(done == 1000 && in_parallel());
  });
  expect(!in_parallel());
}

void exceptions_come_back() {
  set_num_threads(4);
  for (int round = 0; round < 200; round++) {
    expect_throw<ValueError>(
        [&] {
          parallel_for(1000, plenty, [&](int64_t begin, int64_t end) {
            if (begin <= round * 5 && round * 5 < end) raise<ValueError>("part of ", round);
          });
        },
        ("part of " + std::to_string(round)).c_str());
    expect_throw<std::bad_alloc>(
        [] { parallel_for(8, 0, [](int64_t, int64_t) { throw std::bad_alloc(); }); });
    expect(!in_parallel());
  }
  std::atomic<int> sum{0};
  parallel_for(100, plenty, [&](int64_t begin, int64_t end) { sum += int(end - begin); });
  expect(sum == 100);
}

// Subnormal operands and results are zero inside a region, and only there.
bool flushes() {
  volatile float tiny = 1e-40f, least = FLT_MIN;
  return tiny * 1e10f == 0 && least * 0.5f == 0;
}

void subnormals() {
  set_num_threads(4);
  expect(!flushes());
  for (const int64_t cost : {int64_t{0}, plenty}) {
    parallel_for(1000, cost, [](int64_t, int64_t) { expect(flushes()); });
    expect(!flushes());
    try {
      parallel_for(1000, cost, [](int64_t, int64_t) { throw 1; });
    } catch (int) {
    }
    expect(!flushes());
  }
  {
    const FlushSubnormals outer;
    {
      const FlushSubnormals inner;
      expect(flushes());
    }
    expect(flushes());
  }
  expect(!flushes());
}

void callers_at_once() {
  set_num_threads(3);
  std::atomic<int64_t> sum{0};
  at_once(4, [&](int) {
    for (int i = 0; i < 500; i++)
      parallel_for(1000, plenty / 1000, [&](int64_t begin, int64_t end) { sum += end - begin; });
  });
  expect(sum == 4 * 500 * 1000);
}

// Gaps of many lengths: the worker sleeps, spins or arrives late.
void gaps_between_regions() {
  set_num_threads(3);
  int64_t total = 0;
  for (int i = 0; i < 3000; i++) {
    std::atomic<int64_t> sum{0};
    parallel_for(37, plenty / 1000, [&](int64_t begin, int64_t end) { sum += end - begin; });
    total += sum;
    if (i % 10 == 0) usleep(useconds_t(i % 300));
  }
  expect(total == 3000 * 37);
}

// The largest number of threads in regions whose parts sleep. No part may run after its region.
int threads_seen() {
  size_t most = 0;
  for (int i = 0; i < 20 && most < 3; i++) {
    std::atomic<int> running{0}, done{0};
    std::mutex mutex;
    std::set<std::thread::id> ids;
    while (team_size(plenty) < 3) usleep(1000);
    parallel_for(9, plenty, [&](int64_t begin, int64_t end) {
      running++;
      usleep(500);
      {
        const std::lock_guard lock(mutex);
        ids.insert(std::this_thread::get_id());
      }
      done += int(end - begin);
      running--;
    });
    expect(running == 0 && done == 9);
    most = std::max(most, ids.size());
  }
  return int(most);
}

void workers_work() {
  set_num_threads(3);
  expect(threads_seen() == 3);
  usleep(20'000);  // now the workers sleep
  expect(threads_seen() == 3);
}

void forks() {
  if (emulated()) return;
#if defined(__SANITIZE_THREAD__)
  return;  // the sanitizer forbids threads after a fork
#endif
  set_num_threads(3);
  const auto works = [] {
    std::atomic<int> sum{0};
    for (int i = 0; i < 10; i++)
      parallel_for(1000, plenty, [&](int64_t begin, int64_t end) { sum += int(end - begin); });
    return sum == 10'000 ? 0 : 1;
  };
  expect(works() == 0 && in_child(works) == 0 && works() == 0);
  expect(in_child(threads_seen) == 3 && threads_seen() == 3);
  expect(in_child([&] { return works() + in_child(works); }) == 0);  // a grandchild
  std::atomic<bool> stop{false};
  at_once(2, [&](int rank) {
    while (rank == 1 && !stop) works();
    for (int i = 0; rank == 0 && i < 20; i++) expect(in_child(works) == 0);  // a region runs during the fork
    stop = true;
  });
}

// Eight threads on one core: a region that waits for each of them takes eight time slices, about 30 ms.
void crowded_core() {
#if defined(__SANITIZE_THREAD__)
  return;
#endif
  if (emulated()) return;
  expect(in_child([] {
           cpu_set_t one;
           CPU_ZERO(&one);
           CPU_SET(cpu::affinity().front(), &one);
           sched_setaffinity(0, sizeof one, &one);
           set_num_threads(8);
           std::atomic<int64_t> sum{0};
           for (int i = 0; i < 2000; i++)
             parallel_for(64, 50'000, [&](int64_t begin, int64_t end) { sum += end - begin; });
           return sum == 2000 * 64 ? 0 : 1;
         }) == 0);
}

void no_more_threads() {
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  if (emulated()) return;
  expect(in_child([] {
           const rlimit none{1 << 20, 1 << 20};
           setrlimit(RLIMIT_AS, &none);  // no room for a stack
           set_num_threads(8);
           std::atomic<int64_t> sum{0};
           for (int i = 0; i < 100; i++)
             parallel_for(64, plenty, [&](int64_t begin, int64_t end) { sum += end - begin; });
           return sum == 100 * 64 ? 0 : 1;
         }) == 0);
#endif
}

void thread_numbers() {
  set_num_threads(5);
  for (const int bad : {0, -1, max_num_threads + 1, 1'000'000'000}) {
    expect_throw<ValueError>([&] { set_num_threads(bad); }, ("got " + std::to_string(bad)).c_str());
    expect(num_threads() == 5);
  }
  // threadpoolctl finds OpenMP's setter by name
  if (void* symbol = dlsym(RTLD_DEFAULT, "omp_set_num_threads")) {
    const auto set_openmp = reinterpret_cast<void (*)(int)>(symbol);
    set_openmp(2);
    expect(num_threads() == 2);
    set_openmp(5);
    expect(num_threads() == 5);
  } else {
    expect(emulated(), "OpenMP is not linked as a shared library");
  }
  at_once(1, [](int) { expect(num_threads() == 5); });
  expect(team_size(0) == 1 && team_size(plenty) >= 1 && team_size(plenty) <= 5);
  set_num_threads(1);
  expect(team_size(plenty) == 1);
}

}  // namespace

void test_parallel() {
  every_index_once();
  small_and_nested_stay();
  exceptions_come_back();
  subnormals();
  callers_at_once();
  gaps_between_regions();
  workers_work();
  forks();
  crowded_core();
  no_more_threads();
  thread_numbers();
}

}  // namespace nncore::test
