// Looks up rows of a table by id, one by one or combined in bags. Backward sorts the positions by id once.
// Then one thread per row of the table adds its gradients, in order of position.
#include "../../kernels/embedding.h"

#include <algorithm>
#include <cstring>
#include <iterator>

#include "../../../core/parallel.h"
#include "../dispatch.h"
#include "../movement/indices.h"
#include "../reduction/reduce_walk.h"
#include "../report.h"
#include "../scratch.h"

namespace nncore {
#include "../../elementwise_list.h"
}

namespace nncore::cpu {

namespace {

constexpr int64_t few = 1024;  // rows of a table between checks for an interrupt

// K: EmbeddingFwd, EmbeddingBwd or BagSizes.
template <class K, class I>
int64_t id_at(const K& k, const I* ids, int64_t i) {
  const int64_t id = read_once(ids + i);
  if (id < 0 || id >= k.rows) [[unlikely]]
    report(k, {.position = i, .value = id});
  return id;
}

template <class T>
void add_to(int64_t n, const T* x, T* y) {
  kernels<T>().elementwise.binary_fwd[BinaryOps::index_of<formulas::Add>][both_vectors](n, y, x, y);
}

// y += s x
template <class T>
void add_scaled(int64_t n, T s, const T* x, T* y) {
  if (s == T(1)) return add_to(n, x, y);
  T part[256];
  for (int64_t j = 0; j < n; j += std::size(part)) {
    const int64_t m = std::min<int64_t>(n - j, std::size(part));
    kernels<T>().loss.scale_shift(m, x + j, s, T(0), part);
    add_to(m, part, y + j);
  }
}
template <class T>
void scale_row(int64_t n, T s, T* y) {
  if (s != T(1)) kernels<T>().loss.scale_shift(n, y, s, T(0), y);
}

// The positions of each id in rising order: at[start[id]] .. at[start[id + 1] - 1].
struct Buckets {
  static constexpr int64_t block = 1 << 18;  // ids between checks for an interrupt
  Scratch<int64_t> start, at;
  bool whole = false;  // true if not interrupted

  template <class K, class I>
  Buckets(const K& k, const I* ids, int64_t count) : start(k.rows + 2), at(count) {
    const int64_t rows = k.rows;
    const Scratch<int64_t> checked(count);
    int64_t *const s = start.data(), *const id = checked.data();
    std::fill_n(s, rows + 2, 0);
    whole = in_blocks(count, block, [&](int64_t first, int64_t last) {
      for (int64_t i = first; i < last; i++) s[(id[i] = id_at(k, ids, i)) + 2]++;
    });
    if (!whole) return;
    for (int64_t r = 2; r < rows + 2; r++) s[r] += s[r - 1];
    whole = in_blocks(count, block, [&](int64_t first, int64_t last) {
      for (int64_t i = first; i < last; i++) at.data()[s[id[i] + 1]++] = i;
    });
  }
  int64_t begin(int64_t row) const { return start.data()[row]; }
  int64_t end(int64_t row) const { return start.data()[row + 1]; }
  // The first row with at least `work` rows and positions before it.
  int64_t row_from(int64_t work, int64_t rows) const {
    int64_t low = 0, high = rows;
    while (low < high) {
      const int64_t middle = (low + high) / 2;
      if (middle + begin(middle) < work)
        low = middle + 1;
      else
        high = middle;
    }
    return low;
  }
};

// dw[id] = sum of add(position, row) over the positions of id, divided by their number if by_frequency; 0 for
// the padding row. K: EmbeddingBwd, or the sizes of bags.
template <class T, class K, class Add>
void scatter(const Buckets& ids, int64_t count, const K& a, bool by_frequency, int64_t cost, T* dw, Add add) {
  if (!ids.whole) return;
  parallel_for(a.rows + count, cost, [&](int64_t begin, int64_t end) {
    const int64_t last = end == a.rows + count ? a.rows : ids.row_from(end, a.rows);
    for (int64_t r = ids.row_from(begin, a.rows); r < last; r++) {
      T* const row = dw + r * a.cols;
      const int64_t first = ids.begin(r), count = r == a.padding ? 0 : ids.end(r) - first;
      sum_vectors(count, a.cols, row, [&](int64_t i, T* to) { add(ids.at.data()[first + i], to); });
      if (count == 0) continue;
      if (by_frequency) scale_row(a.cols, T(1) / T(count), row);
    }
  });
}

// Checks and copies the offsets, which begin with 0 and rise.
struct Bags {
  const BagSizes& a;
  const int64_t* const ids;
  const Scratch<int64_t> starts;

  template <class K>
  explicit Bags(const K& k)
      : a(k.sizes), ids(k.ids.template as<int64_t>()), starts(a.length < 0 ? a.bags + 1 : 0) {
    const auto* const offsets = k.offsets.template as<int64_t>();
    int64_t before = 0;
    for (int64_t bag = 0; a.length < 0 && bag <= a.bags; bag++) {
      const int64_t at = bag < a.bags || a.has_end ? read_once(offsets + bag) : a.count;
      if (at < before || at > a.count || (bag == 0 && at != 0))
        report(a, {.position = bag, .kind = bad_offset, .value = at});
      starts.data()[bag] = before = at;
    }
  }

  // The first position of a bag. The begin of the bag after the last is the end of the last.
  int64_t begin(int64_t bag) const { return a.length < 0 ? starts.data()[bag] : bag * a.length; }
  // Calls f(position, id) for the ids of a bag, without padding.
  template <class F>
  void each(int64_t bag, F f) const {
    const int64_t end = begin(bag + 1);
    for (int64_t i = begin(bag); i < end && (i % few != few - 1 || !interrupted()); i++) at(i, f);
  }
  template <class F>
  void at(int64_t i, F f) const {
    if (const int64_t id = id_at(a, ids, i); id != a.padding) f(i, id);
  }
  // 1 for a sum; for a mean, 1 / the number of ids that are not padding.
  template <class T>
  T scale(bool mean, int64_t bag) const {
    if (!mean) return T(1);
    int64_t n = 0;
    for (int64_t i = begin(bag), end = begin(bag + 1); i < end; i++) n += ids[i] != a.padding;
    return n ? T(1) / T(n) : T(0);
  }
};

}  // namespace

void run(const EmbeddingFwd& k) {
  const size_t bytes = size_t(k.cols) * size_of(k.table.dtype);
  const std::byte* table = k.table.as<std::byte>();
  std::byte* y = k.y.as<std::byte>();
  visit_index(k.ids.dtype, [&](auto zero) {
    const auto* ids = k.ids.as<decltype(zero)>();
    parallel_for(k.count, k.cost(), [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; i++)
        std::memcpy(y + size_t(i) * bytes, table + size_t(id_at(k, ids, i)) * bytes, bytes);
    });
  });
}

void run(const EmbeddingBwd& k) {
  visit_index(k.ids.dtype, [&](auto index) {
    const Buckets ids(k, k.ids.as<decltype(index)>(), k.count);
    visit_float(k.dy.dtype, [&](auto zero) {
      using T = decltype(zero);
      const T* const dy = k.dy.as<T>();
      scatter(ids, k.count, k, k.by_frequency, k.cost(), k.dtable.as<T>(),
              [&](int64_t i, T* row) { add_to(k.cols, dy + i * k.cols, row); });
    });
  });
}

void run(const EmbeddingBagFwd& k) {
  const BagSizes& a = k.sizes;
  const Bags bags(k);
  visit_float(k.table.dtype, [&](auto zero) {
    using T = decltype(zero);
    const T *const table = k.table.as<T>(), *const weights = k.weights.as<T>();
    T* const y = k.y.as<T>();
    parallel_for(a.bags, k.cost(), [&](int64_t first, int64_t last) {
      for (int64_t b = first; b < last; b++) {
        T* const row = y + b * a.cols;
        const int64_t first = bags.begin(b);
        sum_vectors(bags.begin(b + 1) - first, a.cols, row, [&](int64_t i, T* to) {
          bags.at(first + i, [&](int64_t position, int64_t id) {
            add_scaled(a.cols, weights ? weights[position] : T(1), table + id * a.cols, to);
          });
        });
        scale_row(a.cols, bags.scale<T>(k.mean, b), row);
      }
    });
  });
}

void run(const EmbeddingBagBwd& k) {
  const BagSizes& a = k.sizes;
  const Bags bags(k);
  const int64_t count = bags.begin(a.bags);
  const Buckets buckets(a, bags.ids, count);
  visit_float(k.dy.dtype, [&](auto zero) {
    using T = decltype(zero);
    const T *const weights = k.weights.as<T>(), *const dy = k.dy.as<T>();
    const Scratch<int64_t> bag_of(count);
    const Scratch<T> scale(a.bags);
    for (int64_t b = 0; b < a.bags; b++) {
      std::fill(bag_of.data() + bags.begin(b), bag_of.data() + bags.begin(b + 1), b);
      scale.data()[b] = bags.scale<T>(k.mean, b);
    }
    scatter(buckets, count, a, k.by_frequency, k.cost(), k.dtable.as<T>(), [&](int64_t i, T* row) {
      const int64_t b = bag_of.data()[i];
      add_scaled(a.cols, weights ? weights[i] : scale.data()[b], dy + b * a.cols, row);
    });
  });
}

void run(const EmbeddingBagWeightsBwd& k) {
  const BagSizes& a = k.sizes;
  const Bags bags(k);
  visit_float(k.table.dtype, [&](auto zero) {
    using T = decltype(zero);
    const T *const table = k.table.as<T>(), *const dy = k.dy.as<T>();
    T* const dweights = k.dweights.as<T>();
    std::fill_n(dweights, a.count, T(0));
    parallel_for(a.bags, k.cost(), [&](int64_t first, int64_t last) {
      for (int64_t b = first; b < last; b++)
        bags.each(b, [&](int64_t i, int64_t id) {
          dweights[i] = kernels<T>().reduce.dot(a.cols, table + id * a.cols, dy + b * a.cols);
        });
    });
  });
}

void run(const EmbeddingBagMaxFwd& k) {
  const BagSizes& a = k.sizes;
  const Bags bags(k);
  visit_float(k.table.dtype, [&](auto zero) {
    using T = decltype(zero);
    const T* const table = k.table.as<T>();
    const auto larger =
        kernels<T>().elementwise.binary_fwd[BinaryOps::index_of<formulas::Maximum>][both_vectors];
    parallel_for(a.bags, k.cost(), [&](int64_t first, int64_t last) {
      for (int64_t b = first; b < last; b++) {
        T* const y = k.y.as<T>() + b * a.cols;
        bool is_empty = true;
        bags.each(b, [&](int64_t, int64_t id) {
          const T* const x = table + id * a.cols;
          larger(a.cols, is_empty ? x : y, x, y);
          is_empty = false;
        });
        if (is_empty) std::fill_n(y, a.cols, T(0));
      }
    });
  });
}

// The threads split the columns.
void run(const EmbeddingBagMaxBwd& k) {
  const BagSizes& a = k.sizes;
  const Bags bags(k);
  visit_float(k.table.dtype, [&](auto zero) {
    using T = decltype(zero);
    const T* const table = k.table.as<T>();
    T* const dw = k.dtable.as<T>();
    const auto less = kernels<T>().elementwise.compare[CompareOps::index_of<formulas::Lt>];
    parallel_ranges(a.cols, k.cost(), [&](int64_t begin, int64_t end) {
      for (int64_t r = 0; r < a.rows; r++) std::fill(dw + r * a.cols + begin, dw + r * a.cols + end, T(0));
      constexpr int64_t word = sizeof(uint64_t);  // the number of columns that are skipped at once
      const int64_t n = end - begin;
      const Scratch<double> totals(a.bags > long_column ? a.rows * n : 0);  // long sums are kept in double
      if (totals.data()) std::fill_n(totals.data(), a.rows * n, 0.0);
      const int64_t padded = (n + word - 1) / word * word;
      const Scratch<uint8_t> is_less(padded), is_found(padded);
      std::fill_n(is_less.data(), padded, uint8_t(1));
      for (int64_t b = 0; b < a.bags; b++) {
        if (b % 16 == 15 && interrupted()) return;
        const int64_t at = b * a.cols + begin;
        const T *const y = k.y.as<T>() + at, *const dy = k.dy.as<T>() + at;
        std::fill_n(is_found.data(), padded, uint8_t(0));
        bags.each(b, [&](int64_t, int64_t id) {
          const T* const x = table + id * a.cols + begin;
          less(both_vectors, n, x, y, is_less.data());
          for (int64_t from = 0; from < n; from += word) {
            uint64_t less_here, found;
            std::memcpy(&less_here, is_less.data() + from, sizeof(less_here));
            std::memcpy(&found, is_found.data() + from, sizeof(found));
            if ((less_here | found) == 0x0101010101010101) continue;
            for (int64_t j = from; j < std::min(n, from + word); j++) {
              if (is_less.data()[j] || is_found.data()[j] || (x[j] == x[j] && y[j] != y[j])) continue;
              is_found.data()[j] = 1;
              if (totals.data())
                totals.data()[id * n + j] += double(dy[j]);
              else
                dw[id * a.cols + begin + j] += dy[j];
            }
          }
        });
      }
      for (int64_t r = 0; r < a.rows && totals.data(); r++)
        for (int64_t j = 0; j < n; j++) dw[r * a.cols + begin + j] = T(totals.data()[r * n + j]);
    });
  });
}

}  // namespace nncore::cpu
