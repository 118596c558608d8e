// A product and its oracle: the same chain of fused multiply-adds, element by element.
#pragma once
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "backend/cpu/dispatch.h"
#include "backend/cpu/product/plan.h"
#include "backend/hardware.h"
#include "backend/order.h"

namespace nncore::test {

struct Case {
  int64_t m, n, k;
  bool trans_a, trans_b;
  bool accumulate = false, bias = false, pre = false;
  int activation = -1;
  int64_t pad = 0;  // the additional length of each operand's rows

  cpu::ProductShape shape(int bytes) const {
    const cpu::Strides a = {(trans_a ? m : k) + pad}, b = {(trans_b ? k : n) + pad};
    return {m, n, k, trans_a ? a.transposed() : a, trans_b ? b.transposed() : b, bytes};
  }

  std::string label() const {
    char text[160];
    std::snprintf(text, sizeof text, "%ldx%ldx%ld %c%c accumulate %d bias %d pre %d activation %d pad %ld",
                  long(m), long(n), long(k), trans_a ? 'T' : 'N', trans_b ? 'T' : 'N', accumulate, bias, pre,
                  activation, long(pad));
    return text;
  }
};

template <class T>
class Oracle {
 public:
  explicit Oracle(const Case& c)
      : c_(c),
        shape_(c.shape(sizeof(T))),
        ldc_(c.n + c.pad),
        a_(values((c.trans_a ? c.k : c.m) * shape_.a.leading())),
        b_(values((c.trans_b ? c.n : c.k) * shape_.b.leading())),
        bias_(values(c.n)),
        before_(values(c.m * ldc_ + guard)) {}

  // A description of the first error, or "".
  std::string check() {
    std::vector<T> got = before_, pre = before_;
    run(got, pre);
    for (int64_t i = 0; i < c_.m; i++)
      for (int64_t j = 0; j < ldc_; j++) {
        const int64_t at = i * ldc_ + j;
        if (j >= c_.n) {
          if (!same(got[at], before_[at]) || !same(pre[at], before_[at]))
            return wrong("guard", i, j, got[at], before_[at]);
          continue;
        }
        const T sum = element(i, j);
        T want = sum;
        if (c_.activation >= 0)
          cpu::kernels<T>().elementwise.unary_fwd[c_.activation](1, &sum, &want, nullptr);
        if (!same(got[at], want)) return wrong("c", i, j, got[at], want);
        if (c_.pre && !same(pre[at], sum)) return wrong("pre", i, j, pre[at], sum);
        if (std::abs(double(sum) - exact_) > bound_) return wrong("accuracy", i, j, sum, T(exact_));
      }
    for (int64_t at = c_.m * ldc_; at < int64_t(got.size()); at++)
      if (!same(got[at], before_[at])) return wrong("end", c_.m, at - c_.m * ldc_, got[at], before_[at]);
    return "";
  }

  cpu::Product<T> product(T* c, T* pre) const {
    return {.m = c_.m,
            .n = c_.n,
            .k = c_.k,
            .a = {a_.data(), shape_.a.row, shape_.a.column},
            .b = {b_.data(), shape_.b.row, shape_.b.column},
            .c = {c, ldc_},
            .accumulate = c_.accumulate,
            .epilogue = {c_.bias ? bias_.data() : nullptr, c_.activation, pre}};
  }

 private:
  static constexpr int64_t guard = 64;

  static std::vector<T> values(int64_t n) {
    static uint64_t state = 1;
    std::vector<T> v(static_cast<size_t>(n));
    for (T& x : v) {
      state = state * 6364136223846793005u + 1442695040888963407u;
      x = T(int64_t(state >> 40) - (1 << 23)) / T(1 << 23);
    }
    return v;
  }
  static bool same(T a, T b) { return std::memcmp(&a, &b, sizeof(T)) == 0; }

  void run(std::vector<T>& c, std::vector<T>& pre) const {
    cpu::multiply(product(c.data(), c_.pre ? pre.data() : nullptr));
  }

  // One chain per chunk of k, from 0 (the first from C), added in order; also the sum in float64 with a
  // bound.
  T element(int64_t i, int64_t j) {
    const Chunks chunks = chunks_of(c_.k);
    const T start = c_.accumulate ? before_[i * ldc_ + j] : T(0);
    T total = start;
    double exact = start, size = std::abs(double(start));
    for (int64_t q = 0; q < chunks.count; q++) {
      T sum = q == 0 ? start : T(0);
      for (int64_t p = q * chunks.size; p < std::min(c_.k, (q + 1) * chunks.size); p++) {
        const T a = a_[i * shape_.a.row + p * shape_.a.column],
                b = b_[p * shape_.b.row + j * shape_.b.column];
        sum = std::fma(a, b, sum);
        exact += double(a) * double(b);
        size += std::abs(double(a) * double(b));
      }
      total = q == 0 ? sum : total + sum;
    }
    if (c_.bias) {
      total += bias_[j];
      exact += double(bias_[j]);
      size += std::abs(double(bias_[j]));
    }
    exact_ = exact;
    bound_ = double(std::min<int64_t>(c_.k, long_chain) + chunks.count + 2) * size *
             (sizeof(T) == 4 ? 0x1p-24 : 0x1p-52);
    return total;
  }

  std::string wrong(const char* what, int64_t i, int64_t j, T got, T want) const {
    char text[320];
    std::snprintf(text, sizeof text, "%s float%zu %s [%s]: %s(%ld, %ld) is %.9g, not %.9g",
                  level_name().c_str(), 8 * sizeof(T), c_.label().c_str(), cpu::path_name(shape_), what,
                  long(i), long(j), double(got), double(want));
    return text;
  }

  Case c_;
  cpu::ProductShape shape_;
  int64_t ldc_;
  std::vector<T> a_, b_, bias_, before_;
  double exact_ = 0, bound_ = 0;
};

}  // namespace nncore::test
