// The core's services against oracles: published vectors, exact counts, bit patterns, fake machines.
#include <omp.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cfloat>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <new>
#include <set>
#include <source_location>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "core/allocator.h"
#include "core/cpu.h"
#include "core/error.h"
#include "core/parallel.h"
#include "core/random.h"

namespace nncore {
namespace {

int failures = 0;

void expect(bool ok, const std::string& what = "",
            std::source_location at = std::source_location::current()) {
  if (ok) return;
  failures++;
  std::printf("FAILED line %u in %s %s\n", at.line(), at.function_name(), what.c_str());
}

template <class E, class F>
void expect_throw(F f, const char* text = "", std::source_location at = std::source_location::current()) {
  try {
    f();
    expect(false, "nothing thrown", at);
  } catch (const E& e) {
    expect(std::strstr(e.what(), text) != nullptr, std::string("threw ") + e.what(), at);
  }
}

// The exit status of f in a forked child; -1 where it does not end within ten seconds.
template <class F>
int in_child(F f) {
  std::fflush(stdout);
  const pid_t child = fork();
  if (child == 0) {
    alarm(10);
    _exit(f());
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

constexpr int64_t plenty = 1'000'000'000;  // ns: always worth a team

// ---- random
// -------------------------------------------------------------------------------------------------------

// kat_vectors of the Random123 library.
void philox_vectors() {
  struct Vector {
    uint32_t counter[4], key[2], expected[4];
  };
  const Vector vectors[] = {
      {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
      {{~0u, ~0u, ~0u, ~0u}, {~0u, ~0u}, {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
      {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
       {0xa4093822, 0x299f31d0},
       {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
  };
  for (const Vector& v : vectors) {
    const PhiloxBlock b =
        philox4x32({{v.counter[0], v.counter[1], v.counter[2], v.counter[3]}}, v.key[0], v.key[1]);
    for (int i = 0; i < 4; i++) expect(b.word[i] == v.expected[i]);
  }
  // seed is the key; index, stream and attempt are the counter
  const PhiloxBlock b = philox(0x299f31d0a4093822, 0x13198a2e, 0x85a308d3243f6a88, 0x03707344);
  expect(b.word[0] == 0xd16cfe09 && b.word[3] == 0x24126ea1);
}

void uniform_range() {
  expect(uniform_float(0) == 0 && uniform_float(255) == 0 && uniform_float(256) == 0x1p-24f);
  expect(uniform_float(~0u) == 1 - 0x1p-24f);
  expect(uniform_double(2047, 0) == 0 && uniform_double(2048, 0) == 0x1p-53);
  expect(uniform_double(~0u, ~0u) == 1 - 0x1p-53);
  for (int i = 0; i < 8; i++) {
    const PhiloxBlock b = philox(7, 3, 100 + i / 4), d = philox(7, 3, 100 + i / 2);
    expect(uniform_float_at(7, 3, 100, i) == uniform_float(b.word[i % 4]));
    expect(uniform_double_at(7, 3, 100, i) == uniform_double(d.word[i % 2 * 2], d.word[i % 2 * 2 + 1]));
  }
  const int n = 1 << 20;
  double sum = 0, squares = 0, product = 0;
  for (int i = 0; i < n; i++) {
    const double u = uniform_float_at(1, 0, 0, i) - 0.5;
    sum += u, squares += u * u, product += u * (uniform_float_at(1, 0, 0, i + 1) - 0.5);
  }
  // five standard deviations of the mean, the variance and the lag-1 covariance
  expect(std::abs(sum / n) < 5 * std::sqrt(1 / 12.0 / n));
  expect(std::abs(squares / n - 1 / 12.0) < 5 * std::sqrt(1 / 180.0 / n));
  expect(std::abs(product / n) < 5 / 12.0 / std::sqrt(n));
}

void bounded_integers() {
  for (uint64_t i = 0; i < 100; i++) expect(bounded_at(1, 0, 0, i, 1) == 0);
  for (const uint64_t bound : {uint64_t{2}, uint64_t{7}, uint64_t{1000}, uint64_t{3} << 62, ~uint64_t{0}}) {
    // counts in up to 12 equal cells: chi-square with 11 degrees of freedom stays below 40 (p < 1e-4)
    const int cells = int(std::min<uint64_t>(bound, 12)), n = 120'000;
    std::vector<int> count(cells);
    for (int i = 0; i < n; i++) {
      const uint64_t x = bounded_at(5, 0, 0, i, bound);
      expect(x < bound);
      count[int(static_cast<unsigned __int128>(x) * cells / bound)]++;
    }
    double chi2 = 0;
    for (int c = 0; c < cells; c++) {
      // cell c holds the integers from ceil(c bound / cells) up to the next cell's first
      const auto first = [&](int k) {
        return static_cast<unsigned __int128>(k) * bound / cells +
               (static_cast<unsigned __int128>(k) * bound % cells != 0);
      };
      const double expected = n * double(first(c + 1) - first(c)) / double(bound);
      chi2 += (count[c] - expected) * (count[c] - expected) / expected;
    }
    expect(chi2 < 40, "bound " + std::to_string(bound) + " chi2 " + std::to_string(chi2));
  }
  // 3 * 2^62 rejects a quarter of the draws: about n / 4 elements must differ from their first draw's product
  int second = 0;
  const uint64_t bound = uint64_t{3} << 62;
  for (int i = 0; i < 4000; i++) {
    const PhiloxBlock b = philox(5, 0, i / 2);
    const uint64_t word = uint64_t{b.word[i % 2 * 2 + 1]} << 32 | b.word[i % 2 * 2];
    second += bounded_at(5, 0, 0, i, bound) != uint64_t(static_cast<unsigned __int128>(word) * bound >> 64);
  }
  expect(second > 860 && second < 1140, std::to_string(second));  // 1000 +- 5 sigma
}

void generators() {
  Generator g(42);
  expect(g.reserve(3).offset == 0 && g.reserve(5).offset == 3 && g.state().offset == 8);
  expect(g.reserve_floats(5).offset == 8 && g.state().offset == 10);
  expect(g.reserve_doubles(3).offset == 10 && g.state().offset == 12);
  const RandomKey saved = g.state();
  g.manual_seed(7);
  expect(g.initial_seed() == 7 && g.state().seed == 7 && g.state().offset == 0);
  g.set_state(saved);
  expect(g.state().seed == 42 && g.reserve(1).offset == 12);

  Generator shared(1);
  std::vector<std::vector<uint64_t>> got(4);
  std::vector<std::thread> threads;
  for (auto& mine : got)
    threads.emplace_back([&] {
      for (int i = 0; i < 10'000; i++) mine.push_back(shared.reserve(2).offset);
    });
  for (std::thread& t : threads) t.join();
  std::set<uint64_t> all;
  for (const auto& mine : got) all.insert(mine.begin(), mine.end());
  expect(all.size() == 40'000 && *all.rbegin() == 79'998);
}

// ---- allocator
// ----------------------------------------------------------------------------------------------------

void size_classes() {
  size_t last = 0;
  for (size_t n = 0; n < size_t{1} << 45; n += 1 + n / 1000) {
    const size_t size = allocation_size(n);
    expect(size >= n && size >= last && size % 64 == 0, std::to_string(n));
    expect(size <= std::max<size_t>(n + 64, n + n / 4), std::to_string(n) + " " + std::to_string(size));
    expect(allocation_size(size) == size && (size < 320 || allocation_size(size + 1) > size));
    last = size;
  }
  expect(allocation_size(0) == 64 && allocation_size(257) == 320 && allocation_size(1025) == 1280);
  expect(allocation_size(size_t{1} << 46) == size_t{1} << 46 && allocation_size((size_t{1} << 46) + 1) == 0);
}

struct Block {
  unsigned char* p;
  size_t size;
  unsigned char mark;
};

// Blocks are aligned, hold their bytes, and do not overlap: each keeps its own pattern.
void hammer(unsigned seed) {
  std::vector<Block> blocks;
  uint64_t i = 0;
  const auto draw = [&](uint64_t bound) { return bounded_at(seed, 9, 0, i++, bound); };
  const auto check_and_release = [&](const Block& b) {
    expect(std::all_of(b.p, b.p + b.size, [&](unsigned char c) { return c == b.mark; }));
    release(b.p, b.size);
  };
  for (int step = 0; step < 4000; step++) {
    if (blocks.size() > 60 || (!blocks.empty() && draw(3) == 0)) {
      std::swap(blocks[draw(blocks.size())], blocks.back());
      check_and_release(blocks.back());
      blocks.pop_back();
    } else {
      const size_t size = draw(size_t{1} << draw(step % 64 == 0 ? 22 : 15));
      auto* p = static_cast<unsigned char*>(allocate(size));
      expect(reinterpret_cast<uintptr_t>(p) % 64 == 0);
      blocks.push_back({p, size, static_cast<unsigned char>(step * 7 + seed)});
      std::memset(p, blocks.back().mark, size);
    }
    if (step % 1000 == 500) trim();
  }
  for (const Block& b : blocks) check_and_release(b);
}

void allocator_blocks() {
  const int64_t before = memory_stats().in_use;
  hammer(1);
  std::vector<std::thread> threads;
  for (unsigned t = 2; t < 6; t++) threads.emplace_back(hammer, t);
  for (std::thread& t : threads) t.join();
  expect(memory_stats().in_use == before);
  trim();
  expect(memory_stats().cached == 0, std::to_string(memory_stats().cached));

  void* zero = allocate(0);
  expect(zero != nullptr);
  release(zero, 0);
  release(nullptr, 100);
}

void allocator_reuses() {
#if defined(__SANITIZE_ADDRESS__)
  return;
#endif
  for (const size_t size : {size_t{64}, size_t{5000}, size_t{100'000}, size_t{8} << 20}) {
    void* first = allocate(size);
    const MemoryStats during = memory_stats();
    release(first, size);
    expect(memory_stats().in_use == during.in_use - int64_t(allocation_size(size)));
    expect(memory_stats().cached >= int64_t(allocation_size(size)));
    expect(allocate(size) == first);
    release(first, size);
  }
  reset_peak_memory();
  const int64_t base = memory_stats().in_use;
  void* a = allocate(1 << 20);
  void* b = allocate(3 << 20);
  release(a, 1 << 20);
  release(b, 3 << 20);
  expect(memory_stats().peak == base + (4 << 20));
  void* huge = allocate(4 << 20);
  expect(reinterpret_cast<uintptr_t>(huge) % (2 << 20) == 0);
  release(huge, 4 << 20);
  trim();
}

void allocator_fails_cleanly() {
  expect_throw<std::bad_alloc>([] { allocate(~size_t{0}); });
  expect_throw<std::bad_alloc>([] { allocate((size_t{1} << 46) + 1); });
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  // with 256 MiB of address space left, cached blocks must be given up for a larger one
  const int status = in_child([] {
    std::ifstream statm("/proc/self/statm");
    rlim_t pages = 0;
    statm >> pages;
    const rlim_t limit = pages * rlim_t(sysconf(_SC_PAGESIZE)) + (256 << 20);
    const rlimit r{limit, limit};
    setrlimit(RLIMIT_AS, &r);
    for (int i = 0; i < 3; i++) release(allocate(size_t(40 + 8 * i) << 20), size_t(40 + 8 * i) << 20);
    void* large = allocate(size_t{180} << 20);
    const MemoryStats before = memory_stats();
    try {
      allocate(size_t{180} << 20);
      return 1;
    } catch (const std::bad_alloc&) {
    }
    if (memory_stats().in_use != before.in_use) return 2;
    release(large, size_t{180} << 20);
    return 0;
  });
  expect(status == 0, std::to_string(status));
#endif
}

void allocator_in_forked_child() {
  std::atomic<bool> stop{false};
  std::thread other([&] {
    while (!stop) release(allocate(1000), 1000);
  });
  for (int i = 0; i < 20; i++)
    expect(in_child([] {
             release(allocate(1000), 1000);
             return 0;
           }) == 0);
  stop = true;
  other.join();
}

// ---- parallel
// -----------------------------------------------------------------------------------------------------

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
    for (const int max : {0, 1, 2, 5, 100}) {
      std::atomic<int> ranks{0}, sizes{0}, sum{0};
      parallel_team(plenty, max, [&](int rank, int size) { ranks++, sizes = size, sum += rank; });
      const int size = sizes;
      expect(ranks == size && sum == size * (size - 1) / 2 && size <= threads && (max == 0 || size <= max));
    }
  }
  // parts that lie beyond 2^32
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
  parallel_for(64, plenty, [&](int64_t, int64_t) {
    const std::thread::id outer = std::this_thread::get_id();
    expect(in_parallel() && team_size(plenty) == 1);
    int calls = 0;
    parallel_for(1000, plenty, [&](int64_t begin, int64_t end) {
      calls++;
      expect(begin == 0 && end == 1000 && std::this_thread::get_id() == outer);
    });
    parallel_team(plenty, 0, [&](int rank, int size) { expect(rank == 0 && size == 1); });
    expect(calls == 1 && in_parallel());
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
    expect_throw<std::bad_alloc>([] { parallel_team(plenty, 0, [](int, int) { throw std::bad_alloc(); }); });
    expect_throw<std::bad_alloc>(
        [] { parallel_for(8, 0, [](int64_t, int64_t) { throw std::bad_alloc(); }); });
    expect(!in_parallel());
  }
  std::atomic<int> sum{0};
  parallel_for(100, plenty, [&](int64_t begin, int64_t end) { sum += int(end - begin); });
  expect(sum == 100);
}

// A subnormal operand and a subnormal result both count as zero inside, and only inside.
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
  std::vector<std::thread> callers;
  std::atomic<int64_t> sum{0};
  for (int t = 0; t < 4; t++)
    callers.emplace_back([&] {
      for (int i = 0; i < 500; i++)
        parallel_for(1000, plenty / 1000, [&](int64_t begin, int64_t end) { sum += end - begin; });
    });
  for (std::thread& t : callers) t.join();
  expect(sum == 4 * 500 * 1000);
}

// A sleeping worker, a spinning worker and a worker that arrives late must all do: gaps of many lengths.
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

void forks() {
  set_num_threads(3);
  const auto works = [] {
    std::atomic<int> sum{0};
    for (int i = 0; i < 10; i++)
      parallel_for(1000, plenty, [&](int64_t begin, int64_t end) { sum += int(end - begin); });
    return sum == 10'000 ? 0 : 1;
  };
  expect(works() == 0 && in_child(works) == 0 && works() == 0);
  expect(in_child([&] { return works() + in_child(works); }) == 0);  // a grandchild
  std::atomic<bool> stop{false};
  std::thread other([&] {
    while (!stop) works();
  });
  for (int i = 0; i < 20; i++) expect(in_child(works) == 0);  // a region runs at the moment of fork
  stop = true;
  other.join();
}

void thread_numbers() {
  set_num_threads(5);
  for (const int bad : {0, -1, max_num_threads + 1, 1'000'000'000}) {
    expect_throw<ValueError>([&] { set_num_threads(bad); }, ("got " + std::to_string(bad)).c_str());
    expect(num_threads() == 5);
  }
  omp_set_num_threads(2);  // as threadpoolctl does
  expect(num_threads() == 2);
  omp_set_num_threads(5);
  expect(num_threads() == 5);
  std::thread([] { expect(num_threads() == 5); }).join();
  expect(team_size(0) == 1 && team_size(plenty) >= 1 && team_size(plenty) <= 5);
  set_num_threads(1);
  expect(team_size(plenty) == 1);
}

// ---- cpu
// ----------------------------------------------------------------------------------------------------------

void levels_from_registers() {
  cpu::Registers zen{0x7efa320b | 1u << 27, 0xf1bf97a9, 0x75c237ff, 0xe7};
  expect(cpu::decode(zen).avx2_level && cpu::decode(zen).avx512_level);
  const auto with = [&](auto change) {
    cpu::Registers r = zen;
    change(r);
    return cpu::decode(r);
  };
  const CpuFeatures no_zmm = with([](cpu::Registers& r) { r.xcr0 = 0x07; });
  expect(no_zmm.avx2_level && !no_zmm.avx512_level);
  for (const uint64_t xcr0 : {0x00, 0x03, 0x05, 0xe3, 0xe5})  // ymm half or not saved at all
    expect(!with([&](cpu::Registers& r) { r.xcr0 = xcr0; }).avx2_level);
  for (const uint64_t xcr0 : {0x27, 0x47, 0x67, 0xc7, 0xa7})  // part of the zmm state
    expect(!with([&](cpu::Registers& r) { r.xcr0 = xcr0; }).avx512_level);
  for (const int bit : {0, 9, 12, 13, 19, 20, 22, 23, 27, 28, 29})
    expect(!with([&](cpu::Registers& r) { r.leaf1_ecx &= ~(1u << bit); }).avx2_level);
  for (const int bit : {3, 5, 8})
    expect(!with([&](cpu::Registers& r) { r.leaf7_ebx &= ~(1u << bit); }).avx2_level);
  for (const int bit : {0, 5})
    expect(!with([&](cpu::Registers& r) { r.ext1_ecx &= ~(1u << bit); }).avx2_level);
  for (const int bit : {16, 17, 28, 30, 31}) {
    const CpuFeatures f = with([&](cpu::Registers& r) { r.leaf7_ebx &= ~(1u << bit); });
    expect(f.avx2_level && !f.avx512_level);
  }
  expect(!cpu::decode({}).avx2_level && !cpu::decode({}).avx512_level);
#if defined(__x86_64__)
  expect(cpu_features().avx2_level ==
         (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2")));
  expect(cpu_features().avx512_level ==
         (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
          __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq")));
#endif
}

void texts() {
  expect(cpu::parse_list("0-3,8") == std::vector<int>({0, 1, 2, 3, 8}));
  expect(cpu::parse_list("").empty() && cpu::parse_list("a").empty() &&
         cpu::parse_list("0-99999999999").empty());
  expect(cpu::parse_quota("150000 100000") == 1.5 && cpu::parse_quota("max 100000") == std::nullopt);
  expect(cpu::parse_quota("-1 100000") == std::nullopt && cpu::parse_quota("5 0") == std::nullopt);
  expect(cpu::parse_quota("") == std::nullopt && cpu::parse_quota("50000") == 0.5);
  expect(cpu::parse_size("48K") == 49152 && cpu::parse_size("32M") == 32 << 20 &&
         cpu::parse_size("512") == 512);
  expect(!cpu::parse_size("") && !cpu::parse_size("K") && !cpu::parse_size("4X"));
  expect(cpu::parse_threads("4", false) == 4 && cpu::parse_threads(" 4 ", false) == 4);
  expect(cpu::parse_threads("4,2", true) == 4 && !cpu::parse_threads("4,2", false));
  for (const char* bad : {"", "0", "-1", "abc", "1.5", "1e3", "1000000000", "99999999999999999999", "4x"})
    expect(!cpu::parse_threads(bad, false), bad);
}

// A machine made of files.
class Machine {
 public:
  Machine() {
    char name[] = "/tmp/nncore_core_test_XXXXXX";
    root_ = mkdtemp(name);
  }
  ~Machine() { std::filesystem::remove_all(root_); }
  Machine& file(const std::string& path, const std::string& text) {
    std::filesystem::create_directories(std::filesystem::path(root_ + path).parent_path());
    std::ofstream(root_ + path) << text << "\n";
    return *this;
  }
  int threads(int cpus, const char* ours = nullptr, const char* omp = nullptr) const {
    std::vector<int> list(cpus);
    for (int i = 0; i < cpus; i++) list[i] = i;
    return cpu::threads(root_, list, ours, omp);
  }
  const std::string& root() const { return root_; }

 private:
  std::string root_;
};

void cgroup_v2() {
  Machine m;
  expect(m.threads(8) == 8);
  m.file("/proc/self/cgroup", "0::/user.slice/job")
      .file("/proc/self/mountinfo",
            "24 1 0:22 / /proc rw - proc proc rw\n"
            "31 23 0:27 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate")
      .file("/sys/fs/cgroup/user.slice/job/cpu.max", "max 100000");
  expect(m.threads(8) == 8);
  m.file("/sys/fs/cgroup/user.slice/job/cpu.max", "250000 100000");
  expect(m.threads(8) == 3 && m.threads(2) == 2);  // 2.5, rounded up
  m.file("/sys/fs/cgroup/user.slice/cpu.max", "50000 100000");
  expect(m.threads(8) == 1);  // the parent is tighter
  m.file("/sys/fs/cgroup/user.slice/job/memory.max", "max");
  expect(!cpu::cgroup_memory(m.root()));
  m.file("/sys/fs/cgroup/user.slice/memory.max", "1073741824");
  expect(cpu::cgroup_memory(m.root()) == 1 << 30);
  // a container: the process sees its own cgroup as the root, or one outside its namespace
  m.file("/sys/fs/cgroup/cpu.max", "400000 100000").file("/proc/self/cgroup", "0::/");
  expect(m.threads(8) == 4);
  m.file("/proc/self/cgroup", "0::/../../other");
  expect(m.threads(8) == 4);
}

void cgroup_v1() {
  Machine m;
  m.file("/proc/self/cgroup",
         "5:memory:/docker/abc\n4:cpu,cpuacct:/docker/abc\n1:name=systemd:/docker/abc\n0::/x")
      .file("/proc/self/mountinfo",
            "35 31 0:30 /docker/abc /sys/fs/cgroup/cpu,cpuacct ro - cgroup cgroup rw,cpu,cpuacct\n"
            "36 31 0:31 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory")
      .file("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "-1")
      .file("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000");
  expect(m.threads(8) == 8);
  m.file("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "120000");
  expect(m.threads(8) == 2);
  m.file("/sys/fs/cgroup/memory/memory.limit_in_bytes", "536870912");
  expect(cpu::cgroup_memory(m.root()) == 512 << 20);
  m.file("/proc/self/mountinfo", "nonsense - \n- -\n35 31 - cgroup cgroup cpu\n");
  expect(m.threads(8) == 8);
}

void topology() {
  Machine m;
  for (int i = 0; i < 8; i++)  // four cores with two threads each
    m.file("/sys/devices/system/cpu/cpu" + std::to_string(i) + "/topology/thread_siblings_list",
           std::to_string(i % 4) + "," + std::to_string(i % 4 + 4));
  expect(m.threads(8) == 4 && m.threads(4) == 4 && m.threads(1) == 1 && m.threads(0) == 1);
  expect(cpu::physical_cores(m.root(), {0, 4}) == 1 && cpu::physical_cores(m.root(), {0, 5}) == 2);
  const std::string cache = "/sys/devices/system/cpu/cpu0/cache/index";
  m.file(cache + "0/level", "1").file(cache + "0/type", "Data").file(cache + "0/size", "48K");
  m.file(cache + "1/level", "1").file(cache + "1/type", "Instruction").file(cache + "1/size", "64K");
  m.file(cache + "2/level", "2").file(cache + "2/type", "Unified").file(cache + "2/size", "1024K");
  expect(cpu::caches(m.root()).l1d == 48 << 10 && cpu::caches(m.root()).l2 == 1 << 20);
  expect(cpu::caches(m.root()).l3 == 0 && cpu::caches("/nowhere").l1d == 32 << 10);

  expect(m.threads(8, nullptr, "3") == 3 && m.threads(8, "2", "3") == 2 && m.threads(8, "", "6,2") == 6);
  expect(m.threads(8, nullptr, "abc") == 4 && m.threads(8, nullptr, "0") == 4 && m.threads(8, "100") == 100);
  expect_throw<ValueError>([&] { m.threads(8, "abc"); }, "NNCORE_NUM_THREADS");
  expect_throw<ValueError>([&] { m.threads(8, "-1"); }, "got \"-1\"");
}

void this_machine() {
  expect(default_threads() >= 1 && !cpu::affinity().empty());
  expect(cache_sizes().l1d >= 8 << 10 && cache_sizes().l2 >= 64 << 10 && memory_limit() > 64 << 20);
  std::printf("%s; %d threads\n", cpu_description().c_str(), default_threads());
}

}  // namespace
}  // namespace nncore

int main() {
  using namespace nncore;
  struct Test {
    const char* name;
    void (*run)();
  };
  const Test tests[] = {
      {"philox_vectors", philox_vectors},
      {"uniform_range", uniform_range},
      {"bounded_integers", bounded_integers},
      {"generators", generators},
      {"size_classes", size_classes},
      {"allocator_blocks", allocator_blocks},
      {"allocator_reuses", allocator_reuses},
      {"allocator_fails_cleanly", allocator_fails_cleanly},
      {"allocator_in_forked_child", allocator_in_forked_child},
      {"every_index_once", every_index_once},
      {"small_and_nested_stay", small_and_nested_stay},
      {"exceptions_come_back", exceptions_come_back},
      {"subnormals", subnormals},
      {"callers_at_once", callers_at_once},
      {"gaps_between_regions", gaps_between_regions},
      {"forks", forks},
      {"thread_numbers", thread_numbers},
      {"levels_from_registers", levels_from_registers},
      {"texts", texts},
      {"cgroup_v2", cgroup_v2},
      {"cgroup_v1", cgroup_v1},
      {"topology", topology},
      {"this_machine", this_machine},
  };
  for (const Test& test : tests) {
    const int before = failures;
    test.run();
    std::printf("%s %s\n", failures == before ? "ok    " : "FAILED", test.name);
  }
  std::printf(failures == 0 ? "all passed\n" : "%d failures\n", failures);
  return failures != 0;
}
