#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace nncore {

struct CpuFeatures {
  bool avx2_level = false;    // x86-64-v3, and the operating system saves ymm
  bool avx512_level = false;  // x86-64-v4, and the operating system saves zmm
  bool neon = false;
};
const CpuFeatures& cpu_features();

struct CacheSizes {
  int64_t l1d, l2, l3;  // bytes; l3 is 0 if there is none
};
const CacheSizes& cache_sizes();

// NNCORE_NUM_THREADS, else OMP_NUM_THREADS, else the smallest of the affinity mask, the cgroup's quota and
// the physical cores. Throws if NNCORE_NUM_THREADS is not a whole number from 1 to max_num_threads.
int default_threads();

// Bytes that this process may use: the physical memory, or the cgroup's limit if that is lower.
int64_t memory_limit();

// For example "AMD EPYC, x86-64-v4, L1d 48 KiB, L2 1024 KiB, L3 32768 KiB, 2 cores".
std::string cpu_description();

// Pure functions of registers, of a text, or of the files under a root ("" is the root of this machine).
namespace cpu {

struct Registers {
  uint32_t leaf1_ecx = 0, leaf7_ebx = 0, ext1_ecx = 0;
  uint64_t xcr0 = 0;  // 0 if OSXSAVE is off
};
CpuFeatures decode(const Registers& r);

std::vector<int> parse_list(const std::string& text);        // "0-3,8" -> 0 1 2 3 8
std::optional<double> parse_quota(const std::string& text);  // "150000 100000" -> 1.5, "max 100000" -> none
std::optional<int> parse_threads(const char* text, bool is_list);  // "4", or for a list "4,2" -> 4
std::optional<int64_t> parse_size(const std::string& text);        // "48K" -> 49152

std::vector<int> affinity();
std::optional<double> cgroup_cpus(const std::string& root);
std::optional<int64_t> cgroup_memory(const std::string& root);
int physical_cores(const std::string& root, const std::vector<int>& cpus);
CacheSizes caches(const std::string& root);
int threads(const std::string& root, const std::vector<int>& cpus, const char* nncore_env,
            const char* omp_env);

}  // namespace cpu
}  // namespace nncore
