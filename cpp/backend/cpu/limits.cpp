#include "../hardware.h"

#include <algorithm>
#include <atomic>
#include <chrono>

#include "../../core/allocator.h"
#include "../../core/cpu.h"
#include "../../core/error.h"
#include "../../core/parallel.h"
#include "dispatch.h"

namespace nncore::cpu {
namespace {

constexpr int64_t max_chains = 64 * 64;  // values of all chains of any level

class Array {
 public:
  explicit Array(int64_t n)
      : bytes_(size_t(n) * sizeof(float)), data_(static_cast<float*>(allocate(bytes_))) {}
  ~Array() { release(data_, bytes_); }
  Array(const Array&) = delete;
  Array& operator=(const Array&) = delete;
  float* at(int64_t i) const { return data_ + i; }

 private:
  size_t bytes_;
  float* data_;
};

// once() returns the amount of its work.
template <class F>
double best_rate(double seconds, F once) {
  using Clock = std::chrono::steady_clock;
  const auto since = [](Clock::time_point t) {
    return std::chrono::duration<double>(Clock::now() - t).count();
  };
  double best = 0;
  for (const auto begin = Clock::now(); (best == 0 || since(begin) < seconds) && !interrupted();) {
    const auto start = Clock::now();
    const double amount = once();
    best = std::max(best, amount / since(start));
  }
  return best;
}

// Calls f(rank) on this number of threads, even if fewer would be faster.
template <class F>
void together(int threads, F f) {
  detail::run_parts(threads, threads, [](void* context, int rank) { (*static_cast<F*>(context))(rank); }, &f);
}

template <class T>
double fma_rate(int threads, double seconds) {
  return best_rate(seconds, [&] {
    std::atomic<int64_t> operations{0};
    together(threads, [&](int) {
      alignas(64) T values[max_chains / sizeof(T)] = {};
      operations += kernels<T>().limits.fma(20'000, values);
    });
    return double(operations);
  });
}

// Calls f(begin, end) on each thread's part of n floats; parts are whole cache lines.
template <class F>
void over_parts(int threads, int64_t n, F f) {
  together(threads, [&](int rank) {
    const int64_t lines = n / 16;
    f(lines * rank / threads * 16, lines * (rank + 1) / threads * 16);
  });
}

}  // namespace

}  // namespace nncore::cpu

namespace nncore {

using namespace cpu;

Limits measure_limits(int threads, double seconds, int64_t bytes) {
  check(threads >= 1 && threads <= max_num_threads, "measure_limits: expected 1 to ", max_num_threads,
        " threads, got ", threads);
  check(seconds > 0 && seconds <= 60, "measure_limits: expected up to 60 seconds, got ", seconds);
  check(bytes >= 0 && bytes <= memory_limit() / 2, "measure_limits: expected at most half the memory, got ",
        bytes, " bytes");
  if (bytes == 0) bytes = std::clamp<int64_t>(4 * cache_sizes().l3, 64 << 20, memory_limit() / 4);
  Limits limits{};
  limits.fma_f32 = fma_rate<float>(threads, seconds);
  limits.fma_f64 = fma_rate<double>(threads, seconds);

  const int64_t n = std::max<int64_t>(bytes / 3 / int64_t(sizeof(float)), 1024);
  const Array a(n), b(n), out(n);
  over_parts(threads, n, [&](int64_t begin, int64_t end) {
    for (const Array* x : {&a, &b, &out}) std::fill(x->at(begin), x->at(end), 1.0f);
  });
  limits.triad = best_rate(seconds, [&] {
    over_parts(threads, n, [&](int64_t begin, int64_t end) {
      kernels<float>().limits.triad(end - begin, 0.5f, a.at(begin), b.at(begin), out.at(begin));
    });
    return 3.0 * double(n * sizeof(float));
  });
  std::atomic<float> sum{0};  // keeps the compiler from removing the reads
  limits.read = best_rate(seconds, [&] {
    for (const Array* x : {&a, &b, &out})
      over_parts(threads, n, [&](int64_t begin, int64_t end) {
        sum = sum + kernels<float>().limits.read(end - begin, x->at(begin));
      });
    return 3.0 * double(n * sizeof(float));
  });
  return limits;
}

}  // namespace nncore
