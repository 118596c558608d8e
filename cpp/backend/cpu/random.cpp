// Random values: element i depends on seed, offset and i alone, so any thread can make any element.
#include <algorithm>
#include <vector>

#include "../../core/parallel.h"
#include "../../core/random.h"
#include "dispatch.h"
#include "kernels.h"

namespace nncore {
#include "../../ops/elementwise_list.h"
}

namespace nncore::cpu {

namespace {

constexpr double two_pi = 6.283185307179586476925286766559;

// u[0 .. end - begin) = uniform numbers begin .. end - 1: four floats or two doubles to a block.
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

template <class T>
RandomKey reserve(Generator& generator, int64_t n) {
  if constexpr (sizeof(T) == 4) return generator.reserve_floats(uint64_t(n));
  if constexpr (sizeof(T) == 8) return generator.reserve_doubles(uint64_t(n));
}

template <class Op>
constexpr int unary = UnaryOps::index_of<Op>;

// Box and Muller 1958: sqrt(-2 log(1 - u)) cos(2 pi v), with the library's own log and cos, on blocks of
// pairs.
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

}  // namespace

// args: y; the generator advances when the call runs, so a replayed step draws anew
void random(const Call& call) {
  const auto& a = call.attrs<RandomAttrs>();
  Generator& generator = *call.generator;
  if (a.distribution == Distribution::integer) {
    const RandomKey key = generator.reserve_integers(uint64_t(a.n));
    visit(call.args[0].dtype, [&](auto zero) {
      using T = decltype(zero);
      T* y = call.arg<T>(0);
      const uint64_t span = uint64_t(a.high) - uint64_t(a.low);
      parallel_for(a.n, call.cost, [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; i++)
          y[i] = T(uint64_t(a.low) + bounded_at(key.seed, 0, key.offset, uint64_t(i), span));
      });
    });
    return;
  }
  visit_float(call.args[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    T* y = call.arg<T>(0);
    const T low = T(a.a), width = T(a.b) - T(a.a);
    const bool is_normal = a.distribution == Distribution::normal;
    const RandomKey key = reserve<T>(generator, is_normal ? 2 * a.n : a.n);
    parallel_for(a.n, call.cost, [&](int64_t begin, int64_t end) {
      if (is_normal) return normal<T>(key, begin, end, T(a.a), T(a.b), y);
      uniform(key, begin, end, y + begin);
      for (int64_t i = begin; i < end; i++)
        y[i] = a.distribution == Distribution::bernoulli ? T(y[i] < T(a.a)) : low + width * y[i];
    });
  });
}

// y = 0 .. n-1 in random order (Fisher and Yates, Durstenfeld 1964); args: y (int64)
void permutation(const Call& call) {
  const auto& a = call.attrs<RandomAttrs>();
  int64_t* y = call.arg<int64_t>(0);
  const RandomKey key = call.generator->reserve_integers(uint64_t(a.n));
  constexpr int64_t block = 1 << 16;
  in_blocks(a.n, block, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) y[i] = i;
  });
  in_blocks(a.n - 1, block, [&](int64_t begin, int64_t end) {
    for (int64_t i = a.n - 1 - begin; i > a.n - 1 - end; i--)
      std::swap(y[i], y[bounded_at(key.seed, 0, key.offset, uint64_t(i), uint64_t(i) + 1)]);
  });
}

}  // namespace nncore::cpu
