// Compares every path of a product, on every level and with one to three threads, with one chain of fma() per
// element: the bits are equal, nothing outside C is written, and the result is close to the sum in float64.
#include <algorithm>
#include <map>

#include "core/fpmode.h"
#include "core/parallel.h"
#include "oracle.h"

namespace nncore::test {
namespace {

int failures = 0;
std::map<std::string, int> paths;

void report(const std::string& trouble) {
  if (trouble.empty()) return;
  if (++failures <= 20) std::printf("FAILED %s\n", trouble.c_str());
}

void check(const Case& c) {
  paths[cpu::path_name(c.shape(4))]++;
  report(Oracle<float>(c).check());
  report(Oracle<double>(c).check());
}

// Sizes at each boundary of the level's tiles.
std::vector<int64_t> around(std::initializer_list<int64_t> middles) {
  std::vector<int64_t> sizes;
  for (const int64_t middle : middles)
    for (const int64_t size : {middle - 1, middle, middle + 1})
      if (size >= 0) sizes.push_back(size);
  std::sort(sizes.begin(), sizes.end());
  sizes.erase(std::unique(sizes.begin(), sizes.end()), sizes.end());
  return sizes;
}

// All small shapes, with the options in turn.
void small_shapes(bool few) {
  const auto& kernel = cpu::kernels<float>().product;
  const std::vector<int64_t> rows = around({0, 1, 3, kernel.column_rows, kernel.mr, 2 * kernel.mr + 1}),
                             columns = around({0, kernel.lanes, kernel.nr, 3 * kernel.nr}),
                             steps = around({0, 4, kernel.lanes, 40});
  int turn = 0;
  for (const int64_t m : rows)
    for (const int64_t n : columns)
      for (const int64_t k : steps)
        for (int form = 0; form < 4; form++, turn++) {
          if (few && turn % 5 != 0) continue;
          check({m, n, k, bool(form & 1), bool(form & 2), turn % 3 == 0, turn % 2 == 0, turn % 5 == 0,
                 turn % 7 == 0 ? 0 : -1, turn % 4 == 0 ? 3 : 0});
        }
}

// Blocks of k, the split of a long k, packed blocks, strides that are powers of two.
void large_shapes(bool few) {
  const int64_t cut = long_chain;
  const Case cases[] = {
      {130, 200, 255, false, false},     {130, 200, 257, true, false},  {130, 200, 385, false, true},
      {97, 130, 400, true, true},        {64, 1024, 128, false, false}, {64, 1024, 128, true, false},
      {1, 200, 1024, false, true},       {1, 77, 1000, false, true},    {5, 64, 1024, false, true},
      {200, 1, 1000, false, false},      {300, 10, 256, false, true},   {300, 10, 100, true, false},
      {48, 600, 700, false, true},       {300, 700, 50, false, true},   {150, 33, 64, false, false},
      {3, 5, cut - 1, false, true},      {3, 5, cut, false, false},     {3, 5, cut + 1, true, false},
      {20, 40, cut + 1, false, true},    {1, 70, 3 * cut, false, true}, {17, 33, 2 * cut + 5, true, true},
      {90, 70, cut + 300, false, false}, {64, 700, 300, false, false},  {64, 700, 300, true, false},
  };
  int turn = 0;
  for (Case c : cases) {
    if (few && c.m * c.n * c.k > 2'000'000) continue;
    for (int options = 0; options < 4; options++) {
      c.accumulate = options & 1, c.bias = options & 2, c.pre = turn % 3 == 0;
      c.activation = turn % 2 == 0 ? 0 : -1, c.pad = turn % 4 == 1 ? 5 : 0;
      turn++;
      check(c);
    }
  }
}

// A grid of products with shared operands, for all ways of merging its axes.
template <class T>
void batches() {
  const int64_t m = 5, n = 9, k = 7;
  for (const bool share_a : {false, true})
    for (const bool share_b : {false, true}) {
      std::vector<T> a(6 * m * k), b(6 * k * n), c(6 * m * n), one(m * n);
      for (size_t i = 0; i < a.size(); i++) a[i] = T(int(i * 37 % 101) - 50) / T(64);
      for (size_t i = 0; i < b.size(); i++) b[i] = T(int(i * 53 % 97) - 48) / T(32);
      const cpu::Batch batch = {2,
                                {2, 3},
                                {share_a ? 0 : 3 * m * k, m * k},
                                {share_b ? 0 : k * n, share_b ? 0 : 2 * k * n},
                                {3 * m * n, m * n}};
      cpu::Product<T> product = {m, n, k, {a.data(), k}, {b.data(), n}, {c.data(), n}};
      cpu::multiply(product, batch);
      for (int64_t i = 0; i < 2; i++)
        for (int64_t j = 0; j < 3; j++) {
          product.a.data = a.data() + i * batch.a[0] + j * batch.a[1];
          product.b.data = b.data() + i * batch.b[0] + j * batch.b[1];
          product.c.data = one.data();
          cpu::multiply(product);
          if (std::memcmp(one.data(), c.data() + i * batch.c[0] + j * batch.c[1], one.size() * sizeof(T)) !=
              0)
            report("batch " + std::to_string(i) + ", " + std::to_string(j));
        }
    }
}

// A row of a product does not depend on the number of rows.
void rows_stand_alone() {
  for (const bool trans_b : {false, true}) {
    const int64_t m = 70, n = 90, k = 300;
    const Oracle<float> oracle({m, n, k, false, trans_b});
    std::vector<float> all(m * n), some(m * n);
    cpu::Product<float> product = oracle.product(all.data(), nullptr);
    cpu::multiply(product);
    for (const int64_t rows : {1, 2, 7, 15, 33}) {
      product.c.data = some.data(), product.m = rows;
      cpu::multiply(product);
      if (std::memcmp(all.data(), some.data(), size_t(rows * n) * sizeof(float)) != 0)
        report("the first " + std::to_string(rows) + " rows depend on the others");
    }
  }
}

int run() {
  const FlushSubnormals mode;
  for (const std::string& level : level_names()) {
    set_level(level);
    const bool few = level == "scalar";
    for (const int threads : {1, 2, 3}) {
      set_num_threads(threads);
      small_shapes(few || threads > 1);
      large_shapes(few);
      batches<float>();
      batches<double>();
      rows_stand_alone();
    }
    std::printf("%s done\n", level.c_str());
  }
  for (const char* path : {"trivial", "direct", "columns", "packed", "swapped"}) {
    std::printf("%-8s %6d cases\n", path, paths[path]);
    if (paths[path] == 0) report(std::string("no shape took the path ") + path);
  }
  std::printf(failures == 0 ? "all passed\n" : "%d failures\n", failures);
  return failures != 0;
}

}  // namespace
}  // namespace nncore::test

int main() { return nncore::test::run(); }
