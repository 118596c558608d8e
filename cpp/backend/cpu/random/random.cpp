// Random values. Element i depends only on seed, offset and i, so any thread can compute it.
#include <algorithm>

#include "../../../core/parallel.h"
#include "../../kernels/random.h"
#include "../../poisson.h"
#include "../dispatch.h"

namespace nncore {
#include "../../elementwise_list.h"
}

namespace nncore::cpu {

namespace {

constexpr double two_pi = 6.283185307179586476925286766559;

// u[0 .. end - begin) = uniform numbers begin .. end - 1: four floats or two doubles per block.
template <class T>
void uniform(RandomKey key, int64_t begin, int64_t end, T* u) {
  constexpr int64_t per_block = 16 / int64_t(sizeof(T));
  for (int64_t i = begin; i < end;) {
    const PhiloxBlock block = philox(key.seed, 0, key.offset + uint64_t(i / per_block));
    const int64_t stop = std::min(end, (i / per_block + 1) * per_block);
    for (; i < stop; i++) {
      const uint32_t* word = block.word + i % per_block * int64_t(sizeof(T) / 4);
      if constexpr (sizeof(T) == 4)
        *u++ = uniform_float(word[0]);
      else
        *u++ = uniform_double(word[0], word[1]);
    }
  }
}

template <class Op>
constexpr int unary = UnaryOps::index_of<Op>;

// sqrt(-2 log(1 - u)) cos(2 pi v) (Box and Muller 1958), with this library's log and cos, on blocks of pairs.
template <class T>
void normal(RandomKey key, int64_t begin, int64_t end, T mean, T deviation, T* y) {
  constexpr int64_t block = 512;
  T pair[2 * block], radius[block], angle[block];
  const auto& unary_fwd = kernels<T>().elementwise.unary_fwd;
  for (int64_t i0 = begin; i0 < end; i0 += block) {
    const int64_t n = std::min(block, end - i0);
    uniform(key, 2 * i0, 2 * (i0 + n), pair);
    for (int64_t i = 0; i < n; i++) {
      radius[i] = T(1) - pair[2 * i];
      angle[i] = T(two_pi) * pair[2 * i + 1];
    }
    unary_fwd[unary<formulas::Log>](n, radius, radius, nullptr);
    for (int64_t i = 0; i < n; i++) radius[i] *= T(-2);
    unary_fwd[unary<formulas::Sqrt>](n, radius, radius, nullptr);
    unary_fwd[unary<formulas::Cos>](n, angle, angle, nullptr);
    for (int64_t i = 0; i < n; i++) y[i0 + i] = mean + deviation * (radius[i] * angle[i]);
  }
}

void poisson_numbers(const Random& k) {
  const auto function = [](int op) {
    return [f = kernels<double>().elementwise.unary_fwd[op]](double x) {
      f(1, &x, &x, nullptr);
      return x;
    };
  };
  const auto log = function(unary<formulas::Log>), exp = function(unary<formulas::Exp>);
  visit_float(k.y.dtype, [&](auto zero) {
    using T = decltype(zero);
    const T* rate = k.rate.as<T>();
    T* y = k.y.as<T>();
    parallel_for(k.n, k.cost(), [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; i++)
        y[i] = T(poisson(k.random.key, uint64_t(i), double(rate[i]), log, exp));
    });
  });
}

}  // namespace

void run(const Random& k) {
  const RandomKey key = k.random.key;
  if (k.distribution == Distribution::poisson) return poisson_numbers(k);
  if (k.distribution == Distribution::integer) {
    visit(k.y.dtype, [&](auto zero) {
      using T = decltype(zero);
      T* y = k.y.as<T>();
      const uint64_t span = uint64_t(k.high) - uint64_t(k.low);
      parallel_for(k.n, k.cost(), [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; i++)
          y[i] = T(int64_t(uint64_t(k.low) + bounded_at(key.seed, 0, key.offset, uint64_t(i), span)));
      });
    });
    return;
  }
  visit_float(k.y.dtype, [&](auto zero) {
    using T = decltype(zero);
    T* y = k.y.as<T>();
    const T low = T(k.a), width = T(k.b) - T(k.a);
    parallel_for(k.n, k.cost(), [&](int64_t begin, int64_t end) {
      if (k.distribution == Distribution::normal) return normal<T>(key, begin, end, T(k.a), T(k.b), y);
      uniform(key, begin, end, y + begin);
      for (int64_t i = begin; i < end; i++)
        y[i] = k.distribution == Distribution::bernoulli ? T(y[i] < T(k.a)) : low + width * y[i];
    });
  });
}

// The shuffle of Fisher and Yates in the form of Durstenfeld 1964.
void run(const Permutation& k) {
  int64_t* y = k.y.as<int64_t>();
  const RandomKey key = k.random.key;
  constexpr int64_t block = 1 << 16;
  in_blocks(k.n, block, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) y[i] = i;
  });
  in_blocks(k.n - 1, block, [&](int64_t begin, int64_t end) {
    for (int64_t i = k.n - 1 - begin; i > k.n - 1 - end; i--)
      std::swap(y[i], y[bounded_at(key.seed, 0, key.offset, uint64_t(i), uint64_t(i) + 1)]);
  });
}

}  // namespace nncore::cpu
