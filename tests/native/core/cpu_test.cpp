#include "core/cpu.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "core/error.h"
#include "expect.h"

namespace nncore::test {
namespace {

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

// A fake machine: a folder of files.
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
  // a container: the process's cgroup is the root, or outside its namespace
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

void test_cpu() {
  levels_from_registers();
  texts();
  cgroup_v2();
  cgroup_v1();
  topology();
  this_machine();
}

}  // namespace nncore::test
