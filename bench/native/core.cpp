// Measures a parallel region (alone and beside busy processes), an allocation, and a random number.
#include <benchmark/benchmark.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <vector>

#include "core/allocator.h"
#include "core/fpmode.h"
#include "core/parallel.h"
#include "core/philox.h"

namespace nncore {
namespace {

// Processes that each keep one core busy, for at most a minute.
class Neighbors {
 public:
  explicit Neighbors(int64_t n) {
    for (int64_t i = 0; i < n; i++) {
      const pid_t child = fork();
      if (child == 0) {
        alarm(60);
        for (volatile uint64_t x = 0;;) x = x + 1;
      }
      children_.push_back(child);
    }
  }
  ~Neighbors() {
    for (const pid_t child : children_) {
      kill(child, SIGKILL);
      waitpid(child, nullptr, 0);
    }
  }
  Neighbors(const Neighbors&) = delete;
  Neighbors& operator=(const Neighbors&) = delete;

 private:
  std::vector<pid_t> children_;
};

// A chain of multiplications of about 1 ns each.
void chain(int64_t steps) {
  uint64_t x = 1;
  for (int64_t i = 0; i < steps; i++) {
    benchmark::DoNotOptimize(x);
    x *= 0x9E3779B97F4A7C15u;
  }
  benchmark::DoNotOptimize(x);
}

// Measures real time, which includes waiting threads. Compare team:0 with team:1 for the same `busy`.
void region(benchmark::State& state) {
  const int64_t work = state.range(0), gap = state.range(1);
  const bool team = state.range(3) != 0;
  const Neighbors neighbors(state.range(2));
  for (auto _ : state) {
    parallel_for(1024, team ? work * 1000 : 0,
                 [&](int64_t begin, int64_t end) { chain(work * 1000 * (end - begin) / 1024); });
    chain(gap * 1000);
  }
}
BENCHMARK(region)
    ->ArgNames({"us", "gap", "busy", "team"})
    ->ArgsProduct({{20, 50, 200, 1000, 5000}, {0, 50, 200}, {0, 1, 2}, {0, 1}})
    ->UseRealTime()
    ->Unit(benchmark::kMicrosecond);

void empty_region(benchmark::State& state) {
  for (auto _ : state)
    parallel_for(2, 1'000'000, [](int64_t begin, int64_t) { benchmark::DoNotOptimize(begin); });
}
BENCHMARK(empty_region)->UseRealTime();

void block(benchmark::State& state) {
  const size_t bytes = size_t(state.range(0));
  for (auto _ : state) {
    void* p = allocate(bytes);
    benchmark::DoNotOptimize(p);
    release(p, bytes);
  }
}
BENCHMARK(block)->Arg(64)->Arg(4096)->Arg(1 << 20)->Arg(64 << 20);

void flush_subnormals(benchmark::State& state) {
  for (auto _ : state) {
    FlushSubnormals mode;
    benchmark::DoNotOptimize(mode);
  }
}
BENCHMARK(flush_subnormals);

void philox_block(benchmark::State& state) {
  uint64_t i = 0;
  for (auto _ : state) benchmark::DoNotOptimize(philox(1, 0, i++));
}
BENCHMARK(philox_block);

}  // namespace
}  // namespace nncore
