// Random numbers of the Poisson distribution, the same on every backend.
#pragma once
#include <cmath>

#include "../core/random.h"

namespace nncore {

// ln k!, with a relative error below 1e-9: Stirling's series, from 10 on.
template <class Log>
double log_factorial(double k, Log log) {
  double product = 1;
  for (; k < 10; k++) product *= k + 1;  // k! = 10! / ((k + 1) ... 10)
  const double inverse = 1 / k, square = inverse * inverse;
  return (k + 0.5) * log(k) - k + 0.91893853320467274 +
         inverse * (1 / 12.0 - square * (1 / 360.0 - square / 1260)) - log(product);
}

// Number i of the sequence, for a rate of its own. Below a rate of 10 it inverts the distribution function;
// from there on it is PTRS, the transformed rejection of W. Hoermann, "The transformed rejection method for
// generating Poisson random variables", Insurance: Mathematics and Economics 12 (1993). Each attempt uses one
// block. `log` and `exp` are this library's.
template <class Log, class Exp>
double poisson(RandomKey key, uint64_t i, double rate, Log log, Exp exp) {
  if (!(rate > 0 && rate < HUGE_VAL)) return rate == 0 ? 0 : NAN;
  const double b = 0.931 + 2.53 * std::sqrt(rate), a = 0.02483 * b - 0.059;
  for (uint32_t attempt = 0;; attempt++) {
    const PhiloxBlock block = philox(key.seed, 0, key.offset + i, attempt);
    const double u = uniform_double(block.word[0], block.word[1]);
    if (rate < 10) {
      double k = 0, p = exp(-rate), below = p;
      for (; below <= u && k < 100; below += p) p *= rate / ++k;
      return k;
    }
    const double v = 1 - uniform_double(block.word[2], block.word[3]);
    const double left = 0.5 - std::fabs(u - 0.5);
    if (left == 0) continue;
    const double k = std::floor((2 * a / left + b) * (u - 0.5) + rate + 0.43);
    if (left >= 0.07 && v <= 0.9277 - 3.6224 / (b - 2)) return k;
    if (k < 0 || (left < 0.013 && v > left)) continue;
    const double ratio = v * (1.1239 + 1.1328 / (b - 3.4)) / (a / (left * left) + b);
    if (log(ratio) <= k * log(rate) - rate - log_factorial(k, log)) return k;
  }
}

}  // namespace nncore
