// References for each op, computed by the C library in a wider type: double for float32, long
// double for float64.
#pragma once
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

#include "backend/cpu/isa/level.h"

namespace nncore::math_test {

#include "backend/elementwise_list.h"

struct Reference {
  const char* name;
  double (*f64)(double x, const double* s);
  long double (*f80)(long double x, const double* s);
  double scalars[2];
};

extern const Reference references[];
extern const int reference_count;
const Reference* find_reference(const char* name);

struct PairReference {
  const char* name;
  double (*f64)(double a, double b);
  long double (*f80)(long double a, long double b);
};
extern const PairReference pair_references[];
const PairReference* find_pair_reference(const char* name);

// The distance in units of the last place of T at `want`. A result below the normal range may be
// flushed to zero.
template <class T, class Wide>
double ulps(T got, Wide want) {
  if (want != want || got != got) return (want != want && got != got) ? 0 : INFINITY;
  using Limits = std::numeric_limits<T>;
  const Wide size = std::fabs(want), tiny = Wide(Limits::min());
  const Wide overflow = std::ldexp(Wide(2) - Wide(Limits::epsilon()) / 2, Limits::max_exponent - 1);
  if (size >= overflow && std::isinf(got)) return std::signbit(got) == std::signbit(want) ? 0 : INFINITY;
  if (std::isinf(got) && std::isinf(want)) return got == T(want) ? 0 : INFINITY;
  if (size <= tiny && got == 0) return 0;
  if (std::isinf(want)) return INFINITY;
  int exponent = size < tiny ? Limits::min_exponent - 1 : std::ilogb(size);
  if (exponent > Limits::max_exponent - 1) exponent = Limits::max_exponent - 1;
  const Wide reached =
      std::isinf(got) ? std::copysign(std::ldexp(Wide(1), Limits::max_exponent), Wide(got)) : Wide(got);
  return double(std::ldexp(std::fabs(reached - want), Limits::digits - 1 - exponent));
}

// Values spread over all exponents and, more densely, over [-32, 32]; the same on every machine.
struct Sequence {
  uint64_t state;
  uint64_t next() {  // SplitMix64, Steele, Lea & Flood 2014
    uint64_t z = (state += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }
  double uniform() { return double(next() >> 11) * 0x1p-53; }
};

int check_accuracy(const Level& level, bool all, const char* only);
int check_special(const Level& level);
int check_derivatives(const Level& level);
void measure_speed(const Level& level);

}  // namespace nncore::math_test
