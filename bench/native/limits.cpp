// Measures the machine's limits on each level, with one thread and with all threads.
#include "backend/hardware.h"

#include <benchmark/benchmark.h>

#include <string>

#include "core/parallel.h"

namespace nncore {
namespace {

void limits(benchmark::State& state, const std::string& level, int threads) {
  const std::string before = level_name();
  set_level(level);
  Limits found{};
  for (auto _ : state) found = measure_limits(threads);
  set_level(before);
  state.counters["f32_gflops"] = found.fma_f32 / 1e9;
  state.counters["f64_gflops"] = found.fma_f64 / 1e9;
  state.counters["triad_gbs"] = found.triad / 1e9;
  state.counters["read_gbs"] = found.read / 1e9;
}

const bool registered = [] {
  choose_level();
  for (const std::string& level : level_names())
    for (int threads = 1; threads <= num_threads();
         threads = threads < num_threads() ? num_threads() : threads + 1)
      benchmark::RegisterBenchmark(("limits/" + level + "/threads:" + std::to_string(threads)).c_str(),
                                   limits, level, threads)
          ->Iterations(1)
          ->Unit(benchmark::kMillisecond);
  return true;
}();

}  // namespace
}  // namespace nncore
