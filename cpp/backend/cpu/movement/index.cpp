// Gathers elements by an index, and the transposed ops, which add or set elements by an index. For a repeated
// index, elements are added or set in order, with any number of threads.
#include "../../kernels/index.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "../../../core/parallel.h"
#include "../../visit_size.h"
#include "../../wrap.h"
#include "../reduction/reduce.h"
#include "../report.h"
#include "../scratch.h"
#include "indices.h"

namespace nncore::cpu {

namespace {

constexpr int64_t index_block = 4096;  // rows between checks for an interrupt

// The row of the index `at`, which is at position i; raises if it is out of range.
template <class K>
int64_t row_of(const K& k, int64_t at, int64_t i, int64_t rows) {
  if (at < (k.wrap ? -rows : 0) || at >= rows) [[unlikely]]
    report(k, {.position = i, .value = at});
  return at < 0 ? at + rows : at;
}

// Splits the lanes of (outer, inner) over threads: body(o, i0, i1) gets the inner range [i0, i1)
// of one outer.
template <class Body>
void for_lanes(int64_t outer, int64_t inner, int64_t cost, Body body, int64_t strip = 512) {
  const int64_t strips = (inner + strip - 1) / strip;
  parallel_for(outer * strips, cost, [&](int64_t begin, int64_t end) {
    for (int64_t s = begin; s < end; s++) {
      const int64_t i0 = s % strips * strip;
      body(s / strips, i0, std::min(i0 + strip, inner));
    }
  });
}

}  // namespace

void run(const GatherRows& k) {
  const size_t row_bytes = size_t(k.cols) * size_of(k.x.dtype);
  visit_index(k.index.dtype, [&](auto zero) {
    const auto* index = k.index.as<decltype(zero)>();
    const std::byte* x = k.x.as<std::byte>();
    std::byte* y = k.y.as<std::byte>();
    // for rows without elements, each index is only checked, once
    const int64_t outer = row_bytes ? k.outer : std::min<int64_t>(k.outer, 1);
    parallel_for(outer * k.count, k.cost(), [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; i++) {
        const int64_t from =
            i / k.count * k.rows + row_of(k, read_once(index + i % k.count), i % k.count, k.rows);
        std::memcpy(y + size_t(i) * row_bytes, x + size_t(from) * row_bytes, row_bytes);
      }
    });
  });
}

// Rows with long sums, which are kept in double to limit the rounding error.
class LongSums {
 public:
  template <class I>
  LongSums(const ScatterAddRows& k, const I* index) : place_(k.rows, -1) {
    std::vector<int32_t> times(size_t(k.rows), 0);
    for (int64_t i = 0; i < k.count; i++) {
      if (i % index_block == index_block - 1 && interrupted()) return;
      const int64_t row = row_of(k, read_once(index + i), i, k.rows);
      if (++times[size_t(row)] != long_column + 1) continue;
      place_[size_t(row)] = int32_t(rows.size());
      rows.push_back(row);
    }
  }
  int32_t place(int64_t row) const { return place_[size_t(row)]; }  // among `rows`, or -1

  std::vector<int64_t> rows;

 private:
  std::vector<int32_t> place_;
};

// The threads split the columns.
void run(const ScatterAddRows& k) {
  visit_index(k.index.dtype, [&](auto zero) {
    const auto* index = k.index.as<decltype(zero)>();
    visit(k.src.dtype, [&](auto number) {
      using T = decltype(number);
      const T* src = k.src.as<T>();
      T* y = k.y.as<T>();
      if constexpr (std::is_floating_point_v<T>)
        if (k.count > long_column)
          if (const LongSums sums(k, index); !sums.rows.empty())
            return for_lanes(k.outer, k.cols, k.cost(), [&](int64_t o, int64_t c0, int64_t c1) {
              const int64_t width = c1 - c0;
              T* const to = y + o * k.rows * k.cols + c0;
              const Scratch<double> totals(int64_t(sums.rows.size()) * width);
              double* total = totals.data();
              for (int64_t row : sums.rows) total = std::copy_n(to + row * k.cols, width, total);
              for (int64_t i = 0; i < k.count; i++) {
                if (i % index_block == index_block - 1 && interrupted()) return;
                const int64_t row = row_of(k, read_once(index + i), i, k.rows);
                const T* const from = src + (o * k.count + i) * k.cols + c0;
                if (const int32_t place = sums.place(row); place >= 0)
                  for (int64_t j = 0; j < width; j++) totals.data()[place * width + j] += double(from[j]);
                else
                  for (int64_t j = 0; j < width; j++) to[row * k.cols + j] += from[j];
              }
              total = totals.data();
              for (int64_t row : sums.rows)
                for (int64_t j = 0; j < width; j++) to[row * k.cols + j] = T(*total++);
            });
      for_lanes(k.outer, k.cols, k.cost(), [&](int64_t o, int64_t c0, int64_t c1) {
        for (int64_t i = 0; i < k.count; i++) {
          if (i % index_block == index_block - 1 && interrupted()) return;
          T* to = y + (o * k.rows + row_of(k, read_once(index + i), i, k.rows)) * k.cols;
          const T* from = src + (o * k.count + i) * k.cols;
          for (int64_t j = c0; j < c1; j++) to[j] = wrap_add(to[j], from[j]);
        }
      });
    });
  });
}

void run(const GatherAxis& k) {
  visit_index(k.index.dtype, [&](auto zero) {
    const auto* index = k.index.as<decltype(zero)>();
    visit_size(size_of(k.x.dtype), [&](auto number) {
      using T = decltype(number);
      const T* x = k.x.as<T>();
      T* y = k.y.as<T>();
      if (k.inner == 0) return;
      parallel_for(k.outer * k.count, k.cost(), [&](int64_t begin, int64_t end) {
        for (int64_t row = begin; row < end; row++) {
          const T* from = x + row / k.count * k.n * k.inner;
          for (int64_t i = 0, at = row * k.inner; i < k.inner; i++, at++)
            y[at] = from[row_of(k, read_once(index + at), at, k.n) * k.inner + i];
        }
      });
    });
  });
}

// Adds with long sums: the sums of a strip are kept in double.
template <class I, class T>
void add_long(const ScatterAxis& k, const I* index, const T* src, T* y) {
  const int64_t strip = std::clamp<int64_t>((1 << 17) / std::max<int64_t>(k.n, 1), 16, 512);
  const auto body = [&](int64_t o, int64_t i0, int64_t i1) {
    const int64_t width = i1 - i0;
    const Scratch<double> totals(k.n * width);
    T* const to = y + o * k.n * k.inner + i0;
    for (int64_t r = 0; r < k.n; r++) std::copy_n(to + r * k.inner, width, totals.data() + r * width);
    for (int64_t j = 0; j < k.count; j++) {
      if (j % index_block == index_block - 1 && interrupted()) return;
      for (int64_t i = 0; i < width; i++) {
        const int64_t at = (o * k.count + j) * k.inner + i0 + i;
        totals.data()[row_of(k, read_once(index + at), at, k.n) * width + i] +=
            double(src[k.single ? 0 : at]);
      }
    }
    for (int64_t r = 0; r < k.n; r++)
      for (int64_t i = 0; i < width; i++) to[r * k.inner + i] = T(totals.data()[r * width + i]);
  };
  for_lanes(k.outer, k.inner, k.cost(), body, strip);
}

// Sets elements, or changes them by update(element, value).
template <class I, class T, class Update>
void scatter(const ScatterAxis& k, const I* index, const T* src, T* y, Update update) {
  for_lanes(k.outer, k.inner, k.cost(), [&](int64_t o, int64_t i0, int64_t i1) {
    for (int64_t j = 0; j < k.count; j++) {
      if (j % index_block == index_block - 1 && interrupted()) return;
      for (int64_t i = i0; i < i1; i++) {
        const int64_t at = (o * k.count + j) * k.inner + i;
        T& to = y[(o * k.n + row_of(k, read_once(index + at), at, k.n)) * k.inner + i];
        to = update(to, src[k.single ? 0 : at]);
      }
    }
  });
}

void run(const ScatterAxis& k) {
  visit_index(k.index.dtype, [&](auto zero) {
    const auto* index = k.index.as<decltype(zero)>();
    if (!k.add)
      return visit_size(size_of(k.src.dtype), [&](auto number) {
        using T = decltype(number);
        scatter(k, index, k.src.as<T>(), k.y.as<T>(), [](T, T value) { return value; });
      });
    visit(k.src.dtype, [&](auto number) {
      using T = decltype(number);
      const T* src = k.src.as<T>();
      T* y = k.y.as<T>();
      if constexpr (std::is_floating_point_v<T>)
        if (k.count > long_column) return add_long(k, index, src, y);
      scatter(k, index, src, y, [](T to, T value) { return wrap_add(to, value); });
    });
  });
}

void run(const RavelIndex& k) {
  int64_t* flat = k.flat.as<int64_t>();
  parallel_for(k.n, k.cost(), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) {
      int64_t sum = 0;
      for (int d = 0; d < k.ndim; d++) {
        const int64_t at = read_once(k.index[d].as<int64_t>() + i), size = k.size[d];
        if (at < -size || at >= size) [[unlikely]]
          report(k, {.position = i, .value = at, .detail = d});
        sum = sum * size + (at < 0 ? at + size : at);
      }
      flat[i] = sum;
    }
  });
}

}  // namespace nncore::cpu
