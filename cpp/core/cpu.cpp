#include "cpu.h"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <set>
#include <sstream>

#include "error.h"
#include "parallel.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace nncore {
namespace cpu {
namespace {

std::optional<std::string> read(const std::string& path) {
  std::ifstream file(path);
  if (!file) return std::nullopt;
  std::ostringstream text;
  text << file.rdbuf();
  std::string s = text.str();
  while (!s.empty() && std::isspace(static_cast<unsigned char>(s.back()))) s.pop_back();
  return s;
}

std::vector<std::string> split(const std::string& text, char by) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, by);) parts.push_back(part);
  return parts;
}

std::optional<int64_t> parse_int(const std::string& text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// The folders that hold this process's settings for a controller, from its own cgroup up to the mount.
struct Cgroup {
  bool v2;
  std::vector<std::string> folders;
};

std::optional<Cgroup> find_cgroup(const std::string& root, const std::string& controller, bool v2) {
  // /proc/self/cgroup: "4:cpu,cpuacct:/user.slice" (v1) or "0::/user.slice" (v2)
  std::optional<std::string> path;
  for (const std::string& line : split(read(root + "/proc/self/cgroup").value_or(""), '\n')) {
    const size_t first = line.find(':'), second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string names = line.substr(first + 1, second - first - 1);
    const std::vector<std::string> list = split(names, ',');
    const bool match = v2 ? names.empty() : std::find(list.begin(), list.end(), controller) != list.end();
    if (match) path = line.substr(second + 1);
  }
  if (!path) return std::nullopt;

  // /proc/self/mountinfo:
  // id parent major:minor root mount_point options [optional...] - type source super_options
  for (const std::string& line : split(read(root + "/proc/self/mountinfo").value_or(""), '\n')) {
    const size_t dash = line.find(" - ");
    if (dash == std::string::npos) continue;
    const std::vector<std::string> left = split(line.substr(0, dash), ' ');
    const std::vector<std::string> right = split(line.substr(dash + 3), ' ');
    if (left.size() < 5 || right.size() < 3) continue;
    if (v2 ? right[0] != "cgroup2" : right[0] != "cgroup") continue;
    const std::vector<std::string> super = split(right[2], ',');
    if (!v2 && std::find(super.begin(), super.end(), controller) == super.end()) continue;

    const std::string mount = root + left[4];
    std::string below = *path;  // relative to the mount; in a container the mount's root may lie deeper
    if (left[3] != "/") {
      const bool inside =
          below.rfind(left[3], 0) == 0 && (below.size() == left[3].size() || below[left[3].size()] == '/');
      below = inside ? below.substr(left[3].size()) : "";
    }
    if (below.find("..") != std::string::npos) below.clear();  // outside this cgroup namespace
    Cgroup found{v2, {}};
    while (!below.empty() && below != "/") {
      found.folders.push_back(mount + below);
      below.resize(below.rfind('/'));
    }
    found.folders.push_back(mount);
    return found;
  }
  return std::nullopt;
}

template <class T>
void keep_min(std::optional<T>& best, std::optional<T> value) {
  if (value && (!best || *value < *best)) best = value;
}

}  // namespace

CpuFeatures decode(const Registers& r) {
  const auto has = [](uint32_t word, std::initializer_list<int> bits) {
    return std::all_of(bits.begin(), bits.end(), [&](int bit) { return word >> bit & 1; });
  };
  CpuFeatures f;
  const bool saves_ymm = has(r.leaf1_ecx, {27}) && (r.xcr0 & 0x06) == 0x06;
  const bool saves_zmm = saves_ymm && (r.xcr0 & 0xe0) == 0xe0;
  // leaf 1: sse3 ssse3 fma cx16 sse4.1 sse4.2 movbe popcnt avx f16c
  // leaf 7: bmi1 avx2 bmi2; extended leaf: lahf lzcnt
  f.avx2_level = saves_ymm && has(r.leaf1_ecx, {0, 9, 12, 13, 19, 20, 22, 23, 28, 29}) &&
                 has(r.leaf7_ebx, {3, 5, 8}) && has(r.ext1_ecx, {0, 5});
  f.avx512_level = f.avx2_level && saves_zmm && has(r.leaf7_ebx, {16, 17, 28, 30, 31});  // f dq cd bw vl
  return f;
}

std::vector<int> parse_list(const std::string& text) {
  std::vector<int> cpus;
  for (const std::string& part : split(text, ',')) {
    const size_t dash = part.find('-');
    const auto first = parse_int(part.substr(0, dash));
    const auto last = dash == std::string::npos ? first : parse_int(part.substr(dash + 1));
    if (!first || !last || *first < 0 || *last > 1 << 20) return {};
    for (int64_t i = *first; i <= *last; i++) cpus.push_back(int(i));
  }
  return cpus;
}

std::optional<double> parse_quota(const std::string& text) {
  const std::vector<std::string> words = split(text, ' ');
  if (words.empty()) return std::nullopt;
  const auto quota = parse_int(words[0]);
  const auto period = words.size() > 1 ? parse_int(words[1]) : 100000;
  if (!quota || !period || *quota <= 0 || *period <= 0) return std::nullopt;
  return double(*quota) / double(*period);
}

std::optional<int> parse_threads(const char* text, bool is_list) {
  std::string s = text;
  if (is_list) s = s.substr(0, s.find(','));
  s.erase(0, s.find_first_not_of(" \t"));
  s.erase(s.find_last_not_of(" \t") + 1);
  const auto n = parse_int(s);
  if (!n || *n < 1 || *n > max_num_threads) return std::nullopt;
  return int(*n);
}

std::optional<int64_t> parse_size(const std::string& text) {
  size_t digits = 0;
  while (digits < text.size() && std::isdigit(static_cast<unsigned char>(text[digits]))) digits++;
  const auto value = parse_int(text.substr(0, digits));
  if (!value || *value > int64_t{1} << 40) return std::nullopt;
  const std::string unit = text.substr(digits);
  if (unit.empty()) return value;
  if (unit == "K") return *value << 10;
  if (unit == "M") return *value << 20;
  return std::nullopt;
}

std::vector<int> affinity() {
  std::vector<int> cpus;
  for (int size = 1024; size <= 1 << 20; size *= 2) {  // EINVAL: the operating system's mask is longer
    cpu_set_t* set = CPU_ALLOC(size);
    if (!set) break;
    const bool ok = sched_getaffinity(0, CPU_ALLOC_SIZE(size), set) == 0;
    const bool longer = !ok && errno == EINVAL;
    for (int i = 0; ok && i < size; i++)
      if (CPU_ISSET_S(i, CPU_ALLOC_SIZE(size), set)) cpus.push_back(i);
    CPU_FREE(set);
    if (!longer) break;
  }
  return cpus;
}

std::optional<double> cgroup_cpus(const std::string& root) {
  std::optional<double> cpus;
  if (const auto group = find_cgroup(root, "cpu", true))
    for (const std::string& folder : group->folders)
      if (const auto text = read(folder + "/cpu.max")) keep_min(cpus, parse_quota(*text));
  if (const auto group = find_cgroup(root, "cpu", false))
    for (const std::string& folder : group->folders) {
      const auto quota = read(folder + "/cpu.cfs_quota_us"), period = read(folder + "/cpu.cfs_period_us");
      if (quota && period) keep_min(cpus, parse_quota(*quota + " " + *period));
    }
  return cpus;
}

std::optional<int64_t> cgroup_memory(const std::string& root) {
  std::optional<int64_t> bytes;
  for (const bool v2 : {true, false})
    if (const auto group = find_cgroup(root, "memory", v2))
      for (const std::string& folder : group->folders)
        if (const auto text = read(folder + (v2 ? "/memory.max" : "/memory.limit_in_bytes")))
          keep_min(bytes, parse_int(*text));
  return bytes;
}

int physical_cores(const std::string& root, const std::vector<int>& cpus) {
  std::set<std::string> cores;
  for (const int cpu : cpus) {
    const std::string name = "cpu" + std::to_string(cpu);
    cores.insert(
        read(root + "/sys/devices/system/cpu/" + name + "/topology/thread_siblings_list").value_or(name));
  }
  return std::max(1, int(cores.size()));
}

CacheSizes caches(const std::string& root) {
  CacheSizes sizes{0, 0, 0};
  for (int i = 0; i < 8; i++) {
    const std::string folder = root + "/sys/devices/system/cpu/cpu0/cache/index" + std::to_string(i);
    const auto level = read(folder + "/level"), type = read(folder + "/type"), size = read(folder + "/size");
    if (!level || !type || !size || *type == "Instruction") continue;
    const int64_t bytes = parse_size(*size).value_or(0);
    if (*level == "1") sizes.l1d = bytes;
    if (*level == "2") sizes.l2 = bytes;
    if (*level == "3") sizes.l3 = bytes;
  }
  if (sizes.l1d <= 0) sizes.l1d = 32 << 10;  // nearly every CPU has at least this
  if (sizes.l2 <= 0) sizes.l2 = 256 << 10;
  return sizes;
}

int threads(const std::string& root, const std::vector<int>& cpus, const char* nncore_env,
            const char* omp_env) {
  if (nncore_env && *nncore_env) {
    if (const auto n = parse_threads(nncore_env, false)) return *n;
    raise<ValueError>("NNCORE_NUM_THREADS: expected a whole number from 1 to ", max_num_threads, ", got \"",
                      nncore_env, "\"");
  }
  if (omp_env && *omp_env)
    if (const auto n = parse_threads(omp_env, true)) return *n;
  int n = physical_cores(root, cpus);
  if (const auto quota = cgroup_cpus(root)) n = int(std::min(double(n), std::ceil(*quota)));
  return std::clamp(n, 1, max_num_threads);
}

}  // namespace cpu

const CpuFeatures& cpu_features() {
  static const CpuFeatures features = [] {
    CpuFeatures f;
#if defined(__x86_64__)
    cpu::Registers r;
    uint32_t a, b, c, d;
    if (__get_cpuid(1, &a, &b, &c, &d)) r.leaf1_ecx = c;
    if (__get_cpuid_count(7, 0, &a, &b, &c, &d)) r.leaf7_ebx = b;
    if (__get_cpuid(0x80000001, &a, &b, &c, &d)) r.ext1_ecx = c;
    if (r.leaf1_ecx >> 27 & 1) {  // OSXSAVE: xgetbv may be used
      asm volatile("xgetbv" : "=a"(a), "=d"(d) : "c"(0));
      r.xcr0 = uint64_t{d} << 32 | a;
    }
    f = cpu::decode(r);
#elif defined(__aarch64__)
    f.neon = true;  // part of armv8-a
#endif
    return f;
  }();
  return features;
}

const CacheSizes& cache_sizes() {
  static const CacheSizes sizes = cpu::caches("");
  return sizes;
}

int default_threads() {
  return cpu::threads("", cpu::affinity(), std::getenv("NNCORE_NUM_THREADS"), std::getenv("OMP_NUM_THREADS"));
}

int64_t memory_limit() {
  const int64_t physical = int64_t{sysconf(_SC_PHYS_PAGES)} * sysconf(_SC_PAGESIZE);
  return std::min(physical, cpu::cgroup_memory("").value_or(physical));
}

std::string cpu_description() {
  std::string name;
#if defined(__x86_64__)
  uint32_t brand[13] = {};
  for (uint32_t i = 0; i < 3; i++)
    __get_cpuid(0x80000002 + i, &brand[4 * i], &brand[4 * i + 1], &brand[4 * i + 2], &brand[4 * i + 3]);
  name = reinterpret_cast<const char*>(brand);
  name.erase(0, name.find_first_not_of(' '));
  name.erase(name.find_last_not_of(' ') + 1);
  if (name.empty()) name = "x86-64";
  name += cpu_features().avx512_level ? ", x86-64-v4"
          : cpu_features().avx2_level ? ", x86-64-v3"
                                      : ", x86-64";
#elif defined(__aarch64__)
  name = "aarch64, armv8-a";
#else
  name = "unknown CPU";
#endif
  const auto kib = [](int64_t bytes) { return std::to_string(bytes >> 10) + " KiB"; };
  const CacheSizes& c = cache_sizes();
  const int cores = cpu::physical_cores("", cpu::affinity());
  return name + ", L1d " + kib(c.l1d) + ", L2 " + kib(c.l2) + ", L3 " + kib(c.l3) + ", " +
         std::to_string(cores) + (cores == 1 ? " core" : " cores");
}

}  // namespace nncore
