// Random numbers.
#pragma once
#include "../cost.h"
#include "../kernel.h"

namespace nncore {

enum class Distribution : int { uniform, normal, integer, bernoulli, poisson };

// y = n random numbers.
struct Random {
  static constexpr Kernel kernel = Kernel::random;
  In rate = {};  // poisson: one per number
  Out y;
  Distribution distribution;
  int64_t n;
  double a = 0, b = 0;        // uniform: between a and b; normal: mean and deviation; bernoulli: P(1) = a
  int64_t low = 0, high = 0;  // integer: low, ..., high - 1
  RandomBlocks random = {};

  // A block gives two integers, four floats or two doubles. A normal number needs two uniform ones, a Poisson
  // number a block.
  uint64_t blocks() const {
    if (distribution == Distribution::poisson) return uint64_t(n);
    const auto numbers = uint64_t(distribution == Distribution::normal ? 2 * n : n);
    const uint64_t per_block = distribution != Distribution::integer && y.dtype == DType::float32 ? 4 : 2;
    return numbers / per_block + (numbers % per_block != 0);
  }
  int64_t cost() const { return (distribution == Distribution::poisson ? 60 : 8) * n; }
  std::string text() const {
    constexpr const char* names[] = {"uniform", "normal", "integer", "bernoulli", "poisson"};
    return names[int(distribution)];
  }
  bool operator==(const Random&) const = default;
};

// y (int64) = 0, ..., n - 1 in random order.
struct Permutation {
  static constexpr Kernel kernel = Kernel::permutation;
  Out y;
  int64_t n;
  RandomBlocks random = {};

  uint64_t blocks() const { return uint64_t(n / 2 + n % 2); }  // a block gives two integers
  int64_t cost() const { return 12 * n; }
  bool operator==(const Permutation&) const = default;
};

}  // namespace nncore
