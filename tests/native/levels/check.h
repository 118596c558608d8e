// Runs the kernels of one level after another on the same inputs and compares their outputs, bit for bit.
#pragma once
#include <sys/mman.h>
#include <unistd.h>

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <initializer_list>
#include <map>
#include <string>
#include <vector>

#include "backend/cpu/isa/level.h"

namespace nncore::test {

// n values that end at a protected page: a read or write past the end is a fault.
template <class T>
class Buffer {
 public:
  explicit Buffer(int64_t n, T value = T(0)) : n_(n) {
    const size_t page = size_t(sysconf(_SC_PAGESIZE));
    bytes_ = (size_t(n) * sizeof(T) + page - 1) / page * page + page;
    void* map = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (map == MAP_FAILED || mprotect(static_cast<char*>(map) + bytes_ - page, page, PROT_NONE) != 0) abort();
    map_ = static_cast<char*>(map);
    data_ = reinterpret_cast<T*>(map_ + bytes_ - page) - n;
    for (int64_t i = 0; i < n; i++) data_[i] = value;
  }
  ~Buffer() { munmap(map_, bytes_); }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  T* data() { return data_; }
  int64_t size() const { return n_; }
  T& operator[](int64_t i) { return data_[i]; }

 private:
  int64_t n_;
  size_t bytes_;
  char* map_;
  T* data_;
};

enum class Kind { plain, positive, wild };

// The same values on every machine: SplitMix64 (Steele, Lea, Flood 2014). plain: [-4, 4); positive: (0, 1];
// wild: any bit pattern, and one value in four is special.
template <class T>
void fill(Buffer<T>& to, uint64_t seed, Kind kind) {
  static const T special[] = {T(0),
                              T(-0.0),
                              T(1),
                              T(-1),
                              T(0.5),
                              T(88.5),
                              T(-87.5),
                              T(1e-30),
                              T(3e38),
                              T(INFINITY),
                              T(-INFINITY),
                              T(NAN),
                              T(1e20),
                              T(-1e20),
                              sizeof(T) == 4 ? T(1e-40) : T(1e-310),
                              sizeof(T) == 4 ? T(-1e-40) : T(-1e-310)};
  uint64_t state = seed * 0x9E3779B97F4A7C15u + 0x1234567;
  const auto next = [&] {
    uint64_t z = (state += 0x9E3779B97F4A7C15u);
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
  };
  for (int64_t i = 0; i < to.size(); i++) {
    const uint64_t z = next();
    const double uniform = double(int64_t(z >> 40)) / double(1 << 24);
    if (kind == Kind::plain) to[i] = T(uniform * 8 - 4);
    if (kind == Kind::positive) to[i] = T(uniform + 1.0 / (1 << 24));
    if (kind != Kind::wild) continue;
    if (z % 4 == 0) {
      to[i] = special[z / 4 % (sizeof(special) / sizeof(T))];
    } else {
      std::memcpy(&to[i], &z, sizeof(T));
    }
  }
}

// The output bits of one level by kernel and case; all NaNs are equal.
class Log {
 public:
  explicit Log(const char* level) : level_(level) {}

  template <class T>
  void add(const std::string& kernel, const std::string& label, Buffer<T>& out) {
    auto& bits = cases_[kernel + (sizeof(T) == 4 ? ".f32" : ".f64")][label];
    for (int64_t i = 0; i < out.size(); i++) {
      uint64_t b = 0;
      std::memcpy(&b, &out[i], sizeof(T));
      bits.push_back(out[i] == out[i] ? b : ~uint64_t(0));
    }
  }

  int differences(const Log& reference) const;
  void print_digests() const;

 private:
  const char* level_;
  std::map<std::string, std::map<std::string, std::vector<uint64_t>>> cases_;
};

// The current case, printed if a kernel crashes.
extern char current_case[256];
template <class... Args>
std::string name(const char* format, Args... args) {
  std::snprintf(current_case, sizeof current_case, format, args...);
  return current_case;
}

inline constexpr int64_t sizes[] = {0,  1,  2,  3,  4,  5,  7,  8,   9,   15,  16,  17,
                                    31, 32, 33, 47, 63, 64, 65, 100, 127, 255, 1027};

template <class T>
void run_elementwise(const LevelKernels<T>& level, Log& log);
template <class T>
void run_product(const LevelKernels<T>& level, Log& log);
template <class T>
void run_rows(const LevelKernels<T>& level, Log& log);
template <class T>
void run_sequences(const LevelKernels<T>& level, Log& log);
template <class T>
void run_conv(const LevelKernels<T>& level, Log& log);
template <class T>
void run_pool(const LevelKernels<T>& level, Log& log);
template <class T>
void run_layers(const LevelKernels<T>& level, Log& log);

}  // namespace nncore::test
