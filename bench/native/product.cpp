// Matrix products with shapes from training, each in three forms (forward NT, dx NN, dw TN), on one thread
// and on all threads. Reports operations per second, and the fraction of the multiply-add limit measured just
// before and after. Results are checked against float64 first.
//
//     build-native/nncore_native_bench --benchmark_filter='product/f32/NT/(64|512)' --benchmark_min_time=0.1
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string>
#include <vector>

#include "backend/cpu/product/plan.h"
#include "backend/hardware.h"
#include "core/allocator.h"
#include "core/parallel.h"

namespace nncore {
namespace {

struct Shape {
  int64_t m, n, k;
};
struct Form {
  const char* name;
  bool trans_a, trans_b;
};
constexpr Form forms[] = {{"NT", false, true}, {"NN", false, false}, {"TN", true, false}};
constexpr Shape shapes[] = {
    {10, 30, 784},     {128, 256, 784}, {128, 10, 256},    {100, 300, 28},     {100, 300, 300},
    {32, 64, 8},       {32, 64, 64},    {32, 120, 4},      {768, 384, 128},    {768, 512, 128},
    {768, 128, 512},   {768, 65, 128},  {256, 2304, 768},  {256, 3072, 768},   {256, 768, 3072},
    {256, 50304, 768}, {128, 768, 768}, {256, 4096, 9216}, {1, 3072, 1024},    {4, 8448, 2816},
    {8, 1024, 1024},   {1, 1024, 1024}, {16, 16, 16},      {32, 32, 32},       {64, 64, 64},
    {128, 128, 128},   {256, 256, 256}, {512, 512, 512},   {1024, 1024, 1024}, {2048, 2048, 2048},
};

template <class T>
class Matrix {
 public:
  explicit Matrix(int64_t n) : n_(n), data_(static_cast<T*>(allocate(size_t(n) * sizeof(T)))) {
    uint64_t state = uint64_t(n);
    for (int64_t i = 0; i < n; i++) {
      state = state * 6364136223846793005u + 1442695040888963407u;
      data_[i] = T(double(int64_t(state >> 33)) / double(1u << 30) - 1);
    }
  }
  ~Matrix() { release(data_, size_t(n_) * sizeof(T)); }
  Matrix(const Matrix&) = delete;
  Matrix& operator=(const Matrix&) = delete;
  T* data() const { return data_; }

 private:
  int64_t n_;
  T* data_;
};

// Checks some elements against sums in float64.
template <class T>
bool right(const cpu::Product<T>& g) {
  for (int64_t s = 0; s < 16; s++) {
    const int64_t i = s * 7919 % g.m, j = s * 104729 % g.n;
    double sum = 0, size = 0;
    for (int64_t p = 0; p < g.k; p++) {
      const double term = double(*g.a.from(i, p).data) * double(*g.b.from(p, j).data);
      sum += term, size += std::abs(term);
    }
    const double eps = sizeof(T) == 4 ? 0x1p-24 : 0x1p-50;
    if (std::abs(double(g.c.data[i * g.c.row + j]) - sum) > eps * size * double(g.k + 1)) return false;
  }
  return true;
}

template <class T>
void run(benchmark::State& state, Shape s, Form form, int threads) {
  const Matrix<T> a(s.m * s.k), b(s.k * s.n), c(s.m * s.n);
  const cpu::Product<T> g = {
      .m = s.m,
      .n = s.n,
      .k = s.k,
      .a = form.trans_a ? cpu::Matrix<const T>{a.data(), 1, s.m} : cpu::Matrix<const T>{a.data(), s.k},
      .b = form.trans_b ? cpu::Matrix<const T>{b.data(), 1, s.k} : cpu::Matrix<const T>{b.data(), s.n},
      .c = {c.data(), s.n}};
  const int before = num_threads();
  set_num_threads(threads);
  cpu::multiply(g);
  if (!right(g)) state.SkipWithError("wrong result");
  const auto fma_rate = [&] {
    const Limits limits = measure_limits(threads, 0.005, 1 << 16);
    return sizeof(T) == 4 ? limits.fma_f32 : limits.fma_f64;
  };
  double limit = fma_rate();
  for (auto _ : state) {
    cpu::multiply(g);
    benchmark::ClobberMemory();
  }
  limit = std::max(limit, fma_rate());
  set_num_threads(before);
  using benchmark::Counter;
  const double work = 2e-9 * double(s.m) * double(s.n) * double(s.k);
  const double bytes = 1e-9 * sizeof(T) * double(s.m * s.k + s.k * s.n + s.m * s.n);
  state.counters["GFLOPS"] = Counter(work, Counter::kIsIterationInvariantRate);
  state.counters["of_limit"] = Counter(work * 1e9 / limit, Counter::kIsIterationInvariantRate);
  state.counters["GB/s"] = Counter(bytes, Counter::kIsIterationInvariantRate);
  state.SetLabel(cpu::path_name(cpu::shape_of(g)));
}

const bool registered = [] {
  choose_level();
  for (const Shape& s : shapes)
    for (const Form& f : forms)
      for (int threads = 1; threads <= num_threads();
           threads = threads < num_threads() ? num_threads() : threads + 1) {
        const std::string size = std::to_string(s.m) + "x" + std::to_string(s.n) + "x" + std::to_string(s.k);
        const std::string tail =
            std::string("/") + f.name + "/" + size + "/threads:" + std::to_string(threads);
        const auto add = [&](const std::string& name, auto benchmark) {
          benchmark::RegisterBenchmark((name + tail).c_str(), benchmark, s, f, threads)
              ->UseRealTime()
              ->Unit(benchmark::kMicrosecond);
        };
        add("product/f32", run<float>);
        if (s.m == s.n && s.n == s.k) add("product/f64", run<double>);
      }
  return true;
}();

}  // namespace
}  // namespace nncore
