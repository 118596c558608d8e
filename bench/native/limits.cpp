// The machine's limits with each level, on one thread and on all.
#include "backend/cpu/limits.h"

#include <benchmark/benchmark.h>

#include <string>

#include "backend/cpu/dispatch.h"
#include "core/parallel.h"

namespace nncore {
namespace {

void limits(benchmark::State& state, const std::string& level, int threads) {
  const std::string before = cpu::level().name;
  cpu::set_level(level);
  cpu::Limits found{};
  for (auto _ : state) found = cpu::measure_limits(threads);
  cpu::set_level(before);
  state.counters["f32_gflops"] = found.fma_f32 / 1e9;
  state.counters["f64_gflops"] = found.fma_f64 / 1e9;
  state.counters["triad_gbs"] = found.triad / 1e9;
  state.counters["read_gbs"] = found.read / 1e9;
}

const bool registered = [] {
  cpu::choose_level();
  for (const std::string& level : cpu::level_names())
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
