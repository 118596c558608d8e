#include "core/random.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <string>
#include <vector>

#include "backend/cpu/dispatch.h"
#include "backend/order.h"
#include "expect.h"

namespace nncore::test {
namespace {

// The kat_vectors of the Random123 library.
void philox_vectors() {
  struct Vector {
    uint32_t counter[4], key[2], expected[4];
  };
  const Vector vectors[] = {
      {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
      {{~0u, ~0u, ~0u, ~0u}, {~0u, ~0u}, {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
      {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
       {0xa4093822, 0x299f31d0},
       {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
  };
  for (const Vector& v : vectors) {
    const PhiloxBlock b =
        philox4x32({{v.counter[0], v.counter[1], v.counter[2], v.counter[3]}}, v.key[0], v.key[1]);
    for (int i = 0; i < 4; i++) expect(b.word[i] == v.expected[i]);
  }
  // seed is the key; index, stream and attempt are the counter
  const PhiloxBlock b = philox(0x299f31d0a4093822, 0x13198a2e, 0x85a308d3243f6a88, 0x03707344);
  expect(b.word[0] == 0xd16cfe09 && b.word[3] == 0x24126ea1);
}

// The compiler can evaluate every function, so device code can call it.
static_assert(uniform_float_at(1, 0, 0, 5) < 1 && bounded_at(1, 0, 0, 5, 7) < 7);

void uniform_range() {
  expect(uniform_float(0) == 0 && uniform_float(255) == 0 && uniform_float(256) == 0x1p-24f);
  expect(uniform_float(~0u) == 1 - 0x1p-24f);
  expect(uniform_double(2047, 0) == 0 && uniform_double(2048, 0) == 0x1p-53);
  expect(uniform_double(~0u, ~0u) == 1 - 0x1p-53);
  for (int i = 0; i < 8; i++) {
    const PhiloxBlock b = philox(7, 3, 100 + i / 4);
    expect(uniform_float_at(7, 3, 100, i) == uniform_float(b.word[i % 4]));
  }
  const int n = 1 << 20;
  double sum = 0, squares = 0, product = 0;
  for (int i = 0; i < n; i++) {
    const double u = uniform_float_at(1, 0, 0, i) - 0.5;
    sum += u, squares += u * u, product += u * (uniform_float_at(1, 0, 0, i + 1) - 0.5);
  }
  // five standard deviations of the mean, the variance and the lag-1 covariance
  expect(std::abs(sum / n) < 5 * std::sqrt(1 / 12.0 / n));
  expect(std::abs(squares / n - 1 / 12.0) < 5 * std::sqrt(1 / 180.0 / n));
  expect(std::abs(product / n) < 5 / 12.0 / std::sqrt(n));
}

void bounded_integers() {
  for (uint64_t i = 0; i < 100; i++) expect(bounded_at(1, 0, 0, i, 1) == 0);
  for (const uint64_t bound : {uint64_t{2}, uint64_t{7}, uint64_t{1000}, uint64_t{3} << 62, ~uint64_t{0}}) {
    // counts in up to 12 equal cells: chi-square with 11 degrees of freedom stays below 40 (p < 1e-4)
    const int cells = int(std::min<uint64_t>(bound, 12)), n = 120'000;
    std::vector<int> count(cells);
    for (int i = 0; i < n; i++) {
      const uint64_t x = bounded_at(5, 0, 0, i, bound);
      expect(x < bound);
      count[int(static_cast<unsigned __int128>(x) * cells / bound)]++;
    }
    double chi2 = 0;
    for (int c = 0; c < cells; c++) {
      // cell c contains the integers from ceil(c bound / cells) up to the first of the next cell
      const auto first = [&](int k) {
        return static_cast<unsigned __int128>(k) * bound / cells +
               (static_cast<unsigned __int128>(k) * bound % cells != 0);
      };
      const double expected = n * double(first(c + 1) - first(c)) / double(bound);
      chi2 += (count[c] - expected) * (count[c] - expected) / expected;
    }
    expect(chi2 < 40, "bound " + std::to_string(bound) + " chi2 " + std::to_string(chi2));
  }
  // 3 * 2^62 rejects a quarter of the draws: about n / 4 elements must not come from their first draw
  int second = 0;
  const uint64_t bound = uint64_t{3} << 62;
  for (int i = 0; i < 4000; i++) {
    const PhiloxBlock b = philox(5, 0, i / 2);
    const uint64_t word = uint64_t{b.word[i % 2 * 2 + 1]} << 32 | b.word[i % 2 * 2];
    second += bounded_at(5, 0, 0, i, bound) != uint64_t(static_cast<unsigned __int128>(word) * bound >> 64);
  }
  expect(second > 860 && second < 1140, std::to_string(second));  // 1000 +- 5 sigma
}

void generators() {
  Generator g(42);
  expect(g.reserve(3).offset == 0 && g.reserve(5).offset == 3 && g.state().offset == 8);
  expect(g.reserve(4).offset == 8 && g.state().offset == 12);
  const RandomKey saved = g.state();
  g.manual_seed(7);
  expect(g.initial_seed() == 7 && g.state().seed == 7 && g.state().offset == 0);
  g.set_state(saved);
  expect(g.state().seed == 42 && g.reserve(1).offset == 12);

  Generator shared(1);
  std::vector<std::vector<uint64_t>> got(4);
  at_once(4, [&](int rank) {
    for (int i = 0; i < 10'000; i++) got[rank].push_back(shared.reserve(2).offset);
  });
  std::set<uint64_t> all;
  for (const auto& mine : got) all.insert(mine.begin(), mine.end());
  expect(all.size() == 40'000 && *all.rbegin() == 79'998);
}

// Dropout reads the words that dropout_word() returns.
void dropout_order() {
  constexpr int64_t n = 100;
  constexpr uint64_t seed = 0x123456789abcdef, offset = 0xfffffff0;
  float x[n], y[n];
  std::fill_n(x, n, 1.0f);
  cpu::kernels<float>().random.dropout(n, 0, seed, offset, 0.5, x, 1, 0, 0, y);
  for (int64_t i = 0; i < n; i++) {
    const RandomWord at = dropout_word(i);
    const uint32_t word = philox(seed, 0, offset + uint64_t(at.block)).word[at.word];
    expect((y[i] == 1) == (word >> 31 == 1), std::to_string(i));
  }
}

}  // namespace

void test_random() {
  philox_vectors();
  uniform_range();
  bounded_integers();
  generators();
  dropout_order();
}

}  // namespace nncore::test
