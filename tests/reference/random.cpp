#include "backend/kernels/random.h"

#include <utility>

#include "backend/kernels/dropout.h"
#include "backend/poisson.h"
#include "lanes.h"
#include "reference.h"

namespace nncore::reference {

namespace {

constexpr double two_pi = 6.283185307179586476925286766559;

// Random number i, uniform on [0, 1). A block of four words gives four floats or two doubles.
template <class T>
T uniform(RandomKey key, int64_t i) {
  const PhiloxBlock block = philox(key.seed, 0, key.offset + uint64_t(i) * sizeof(T) / 16);
  if constexpr (sizeof(T) == 4)
    return uniform_float(block.word[i % 4]);
  else
    return uniform_double(block.word[i % 2 * 2], block.word[i % 2 * 2 + 1]);
}

// Box and Muller 1958: sqrt(-2 log(1 - u)) cos(2 pi v)
template <class T>
T normal(RandomKey key, int64_t i) {
  using V = Vec<T, 1>;
  const V none[1] = {T(0)};
  const V u(uniform<T>(key, 2 * i)), v(uniform<T>(key, 2 * i + 1));
  const V radius = sqrt(formulas::Log::fwd(V(1) - u, none) * V(-2));
  return (radius * formulas::Cos::fwd(V(T(two_pi)) * v, none)).first();
}

// Whether dropout keeps element i. The upper 23 bits of its word (backend/order.h) are a fraction of [1, 2).
bool keeps(const int64_t* key, int64_t i, double p) {
  const RandomWord at = dropout_word(i);
  const uint32_t word = philox(uint64_t(key[0]), 0, uint64_t(key[1] + at.block)).word[at.word];
  return std::bit_cast<float>(word >> 9 | 0x3f800000u) >= float(1 + p);
}

}  // namespace

void run(const Random& k) {
  const RandomKey key = k.random.key;
  if (k.distribution == Distribution::poisson) {
    const Vec<double, 1> none[1] = {0.0};
    const auto log = [&](double x) { return formulas::Log::fwd(Vec<double, 1>(x), none).first(); };
    const auto exp = [&](double x) { return formulas::Exp::fwd(Vec<double, 1>(x), none).first(); };
    visit_float(k.y.dtype, [&](auto zero) {
      using T = decltype(zero);
      for (int64_t i = 0; i < k.n; i++)
        values<T>(k.y)[i] = T(poisson(key, uint64_t(i), double(values<T>(k.rate)[i]), log, exp));
    });
    return;
  }
  visit(k.y.dtype, [&](auto zero) {
    using T = decltype(zero);
    T* y = values<T>(k.y);
    for (int64_t i = 0; i < k.n; i++) {
      if (k.distribution == Distribution::integer)
        y[i] = T(int64_t(uint64_t(k.low) + bounded_at(key.seed, 0, key.offset, uint64_t(i),
                                                      uint64_t(k.high) - uint64_t(k.low))));
      else if constexpr (std::is_floating_point_v<T>)
        y[i] = k.distribution == Distribution::normal    ? T(k.a) + T(k.b) * normal<T>(key, i)
               : k.distribution == Distribution::uniform ? T(k.a) + (T(k.b) - T(k.a)) * uniform<T>(key, i)
                                                         : T(uniform<T>(key, i) < T(k.a));
    }
  });
}

// Fisher and Yates, in the form of Durstenfeld 1964.
void run(const Permutation& k) {
  const RandomKey key = k.random.key;
  int64_t* y = values<int64_t>(k.y);
  for (int64_t i = 0; i < k.n; i++) y[i] = i;
  for (int64_t i = k.n - 1; i > 0; i--)
    std::swap(y[i], y[bounded_at(key.seed, 0, key.offset, uint64_t(i), uint64_t(i) + 1)]);
}

void run(const DropoutFwd& k) {
  int64_t* key = values<int64_t>(k.key);
  key[0] = int64_t(k.random.key.seed);
  key[1] = int64_t(k.random.key.offset);
  visit_float(k.x.dtype, [&](auto zero) {
    using T = decltype(zero);
    using V = Vec<T, 1>;
    const T* x = values<T>(k.x);
    T* y = values<T>(k.y);
    for (int64_t i = 0; i < k.n; i++)
      y[i] = keeps(key, i / k.inner, k.p) ? fma(V(x[i]), V(T(k.scale)), V(T(k.shift))).first() : T(k.dropped);
  });
}

void run(const DropoutBwd& k) {
  visit_float(k.dy.dtype, [&](auto zero) {
    using T = decltype(zero);
    const T* dy = values<T>(k.dy);
    T* dx = values<T>(k.dx);
    for (int64_t i = 0; i < k.n; i++)
      dx[i] = keeps(values<int64_t>(k.key), i / k.inner, k.p) ? dy[i] * T(k.scale) : T(0);
  });
}

}  // namespace nncore::reference
