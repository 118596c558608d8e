// Compares each kernel of the levels that this processor runs with the scalar level, bit for bit. Prints a
// digest of each kernel's outputs, which is the same on every machine.
#include <csignal>

#include "backend/hardware.h"
#include "check.h"
#include "core/cpu.h"
#include "core/fpmode.h"

extern "C" {
extern const nncore::Level nncore_level_scalar;
#if defined(__x86_64__)
extern const nncore::Level nncore_level_avx2, nncore_level_avx512;
#elif defined(__aarch64__)
extern const nncore::Level nncore_level_neon;
#endif
}

namespace nncore::test {

char current_case[256] = "before the first case";

int Log::differences(const Log& reference) const {
  int count = 0;
  for (const auto& [kernel, cases] : reference.cases_) {
    int of_kernel = 0;
    for (const auto& [label, want] : cases) {
      const auto mine = cases_.find(kernel);
      if (mine == cases_.end()) continue;  // kernels that only save time are optional
      const auto found = mine->second.find(label);
      if (found == mine->second.end()) continue;
      const std::vector<uint64_t>& got = found->second;
      for (size_t i = 0; i < want.size(); i++)
        if (got[i] != want[i]) {
          if (++of_kernel <= 3)
            std::printf("DIFFERS %s %s %s [%zu]: scalar %016llx, %s %016llx\n", level_, kernel.c_str(),
                        label.c_str(), i, static_cast<unsigned long long>(want[i]), level_,
                        static_cast<unsigned long long>(got[i]));
          break;
        }
    }
    count += of_kernel;
  }
  return count;
}

// FNV-1a over the bits of every case.
void Log::print_digests() const {
  for (const auto& [kernel, cases] : cases_) {
    uint64_t digest = 0xcbf29ce484222325u;
    size_t values = 0;
    for (const auto& [label, bits] : cases)
      for (const uint64_t word : bits) {
        digest = (digest ^ word) * 0x100000001b3u;
        values++;
      }
    std::printf("digest %-32s %016llx  %zu values\n", kernel.c_str(), static_cast<unsigned long long>(digest),
                values);
  }
}

namespace {

Log run_level(const Level& level) {
  set_level(level.name);
  Log log(level.name);
  run_elementwise(level.f32, log);
  run_elementwise(level.f64, log);
  run_rows(level.f32, log);
  run_rows(level.f64, log);
  run_sequences(level.f32, log);
  run_sequences(level.f64, log);
  run_conv(level.f32, log);
  run_conv(level.f64, log);
  run_pool(level.f32, log);
  run_pool(level.f64, log);
  run_layers(level.f32, log);
  run_layers(level.f64, log);
  run_product(level.f32, log);
  run_product(level.f64, log);
  return log;
}

std::vector<const Level*> usable_levels() {
  std::vector<const Level*> levels = {&nncore_level_scalar};
#ifdef NNCORE_HAS_avx2
  if (cpu_features().avx2_level) levels.push_back(&nncore_level_avx2);
#endif
#ifdef NNCORE_HAS_avx512
  if (cpu_features().avx512_level) levels.push_back(&nncore_level_avx512);
#endif
#ifdef NNCORE_HAS_neon
  levels.push_back(&nncore_level_neon);
#endif
  return levels;
}

void report_crash(int) {
  static const char text[] = "\nCRASH: memory fault after case: ";
  (void)!write(1, text, sizeof text - 1);
  (void)!write(1, current_case, strlen(current_case));
  (void)!write(1, "\n", 1);
  _exit(1);
}

int run() {
  std::signal(SIGSEGV, report_crash);
  std::signal(SIGBUS, report_crash);
  const FlushSubnormals flush;
  const std::vector<const Level*> levels = usable_levels();
  const Log reference = run_level(*levels[0]);
  int failed = 0;
  for (size_t i = 1; i < levels.size(); i++) {
    const int count = run_level(*levels[i]).differences(reference);
    std::printf("%s against scalar: %d cases differ\n", levels[i]->name, count);
    failed += count > 0;
  }
  reference.print_digests();
  return failed > 0;
}

}  // namespace
}  // namespace nncore::test

int main() { return nncore::test::run(); }
