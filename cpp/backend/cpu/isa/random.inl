// Philox on eight blocks at once: each of the four words is a vector of 64-bit lanes, whose low
// halves are used.
#include "../../math_exp.h"

struct Blocks {
  using V = Vec<double>;
  V word[4];

  static V bits(uint64_t u) { return V::from_bits(u); }

  // Blocks first, first + 1, ... of stream 0.
  Blocks(uint64_t seed, uint64_t first) {
    double low[V::lanes], high[V::lanes];
    for (int i = 0; i < V::lanes; i++) {
      low[i] = __builtin_bit_cast(double, (first + uint64_t(i)) & 0xffffffffu);
      high[i] = __builtin_bit_cast(double, (first + uint64_t(i)) >> 32);
    }
    word[0] = V::load(low);
    word[1] = V::load(high);
    word[2] = word[3] = V(0);
    uint32_t key0 = uint32_t(seed), key1 = uint32_t(seed >> 32);
    for (int round = 0; round < 10; round++) {
      const V a = mul_low(word[0], bits(0xD2511F53)), b = mul_low(word[2], bits(0xCD9E8D57));
      word[0] = bit_xor(bit_xor(b.template shr<32>(), word[1]), bits(key0));
      word[1] = b;
      word[2] = bit_xor(bit_xor(a.template shr<32>(), word[3]), bits(key1));
      word[3] = a;
      key0 += 0x9E3779B9;
      key1 += 0xBB67AE85;
    }
  }

  // The words of a group in the order of dropout_word.
  static_assert(4 * V::lanes == nncore::dropout_group);
  void store(float* to) const {
    double pairs[2 * V::lanes];
    for (int half = 0; half < 2; half++)
      bit_or(bit_and(word[2 * half], bits(0xffffffffu)), word[2 * half + 1].template shl<32>())
          .store(pairs + half * V::lanes);
    __builtin_memcpy(to, pairs, sizeof pairs);
  }
};

template <class T>
NNCORE_FLATTEN void dropout(int64_t n, int64_t begin, uint64_t seed, uint64_t offset, double p, const T* x,
                            T scale, T shift, T dropped, T* y) {
  using F = Vec<float>;
  using V = Vec<T>;
  const F limit(float(1 + p));
  constexpr int64_t group = nncore::dropout_group;
  for (int64_t i = 0; i < n; i += group) {
    alignas(64) float word[group];
    Blocks(seed, offset + uint64_t((begin + i) / 4)).store(word);
    for (int64_t j = 0; j < group && i + j < n; j += F::lanes) {
      // The upper 23 bits as a fraction: uniform on [1, 2).
      const F u = bit_or(F::load(word + j).template shr<9>(), F::from_bits(0x3f800000u));
      const auto keep = u >= limit;
      const int64_t left = n - i - j;
      if constexpr (sizeof(T) == 4) {
        const V kept = fma(load_some<V>(x + i + j, left), V(scale), V(shift));
        store_some(y + i + j, select(keep, kept, V(dropped)), left);
      } else {
        select(keep, F(1), F(0)).store(word + j);
        for (int64_t k = 0; k < F::lanes && k < left; k++)
          y[i + j + k] = word[j + k] != 0 ? __builtin_fma(x[i + j + k], scale, shift) : dropped;
      }
    }
  }
}

template <class T>
constexpr nncore::RandomKernels<T> make_kernels() {
  return {dropout<T>};
}

constexpr nncore::Family<nncore::RandomKernels> kernels = {make_kernels<float>(), make_kernels<double>()};
