// Elements chosen by an index, and its transpose: elements added or set where the index points. Where indices
// repeat, they act in their order, whatever the number of threads.
#include <algorithm>
#include <vector>

#include "../../core/error.h"
#include "../../core/parallel.h"
#include "indices.h"
#include "kernels.h"
#include "reduce.h"
#include "scratch.h"
#include "wrap.h"

namespace nncore::cpu {

namespace {

constexpr int64_t block = 4096;  // rows between two looks for an interrupt

int64_t row_of(const char* op, int64_t at, int64_t i, int64_t rows, bool wrap) {
  check<IndexError>(at >= (wrap ? -rows : 0) && at < rows, op, ": index ", at, " at position ", i,
                    " is out of range for an axis of size ", rows);
  return at < 0 ? at + rows : at;
}

// Lanes of (outer, inner) shared by a team: body(o, i0, i1) gets inner [i0, i1) of one outer.
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

// y[o, i] = x[o, index[i]]; args: x (outer, rows, cols), index, y (outer, count, cols)
void gather_rows(const Call& call) {
  const auto& a = call.attrs<GatherAttrs>();
  const size_t row_bytes = size_t(a.cols) * size_of(call.args[0].dtype);
  visit_index(call.args[1].dtype, [&](auto zero) {
    const auto* index = call.arg<const decltype(zero)>(1);
    const std::byte* x = call.arg<const std::byte>(0);
    std::byte* y = call.arg<std::byte>(2);
    // Rows without elements: each index is checked once.
    const int64_t outer = row_bytes ? a.outer : std::min<int64_t>(a.outer, 1);
    parallel_for(outer * a.count, call.cost, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; i++) {
        const int64_t from =
            i / a.count * a.rows + row_of(a.op, read_once(index + i % a.count), i % a.count, a.rows, a.wrap);
        std::memcpy(y + size_t(i) * row_bytes, x + size_t(from) * row_bytes, row_bytes);
      }
    });
  });
}

// Rows to which so many are added that the sum would lose digits: these are kept in double.
class LongSums {
 public:
  template <class I>
  LongSums(const GatherAttrs& a, const I* index) : place_(a.rows, -1) {
    std::vector<int32_t> times(size_t(a.rows), 0);
    for (int64_t i = 0; i < a.count; i++) {
      if (i % block == block - 1 && interrupted()) return;
      const int64_t row = row_of(a.op, read_once(index + i), i, a.rows, a.wrap);
      if (++times[size_t(row)] != column_chunk + 1) continue;
      place_[size_t(row)] = int32_t(rows.size());
      rows.push_back(row);
    }
  }
  int32_t place(int64_t row) const { return place_[size_t(row)]; }  // among `rows`, or -1

  std::vector<int64_t> rows;

 private:
  std::vector<int32_t> place_;
};

// dx[o, index[i]] += dy[o, i], in order of i; threads share the columns. args: index, dy, dx
void scatter_add_rows(const Call& call) {
  const auto& a = call.attrs<GatherAttrs>();
  visit_index(call.args[0].dtype, [&](auto zero) {
    const auto* index = call.arg<const decltype(zero)>(0);
    visit(call.args[1].dtype, [&](auto number) {
      using T = decltype(number);
      const T* dy = call.arg<const T>(1);
      T* dx = call.arg<T>(2);
      if constexpr (std::is_floating_point_v<T>)
        if (a.count > column_chunk)
          if (const LongSums sums(a, index); !sums.rows.empty())
            return for_lanes(a.outer, a.cols, call.cost, [&](int64_t o, int64_t c0, int64_t c1) {
              const int64_t width = c1 - c0;
              T* const to = dx + o * a.rows * a.cols + c0;
              const Scratch<double> totals(int64_t(sums.rows.size()) * width);
              double* total = totals.data();
              for (int64_t row : sums.rows) total = std::copy_n(to + row * a.cols, width, total);
              for (int64_t i = 0; i < a.count; i++) {
                if (i % block == block - 1 && interrupted()) return;
                const int64_t row = row_of(a.op, read_once(index + i), i, a.rows, a.wrap);
                const T* const from = dy + (o * a.count + i) * a.cols + c0;
                if (const int32_t place = sums.place(row); place >= 0)
                  for (int64_t j = 0; j < width; j++) totals.data()[place * width + j] += double(from[j]);
                else
                  for (int64_t j = 0; j < width; j++) to[row * a.cols + j] += from[j];
              }
              total = totals.data();
              for (int64_t row : sums.rows)
                for (int64_t j = 0; j < width; j++) to[row * a.cols + j] = T(*total++);
            });
      for_lanes(a.outer, a.cols, call.cost, [&](int64_t o, int64_t c0, int64_t c1) {
        for (int64_t i = 0; i < a.count; i++) {
          if (i % block == block - 1 && interrupted()) return;
          T* to = dx + (o * a.rows + row_of(a.op, read_once(index + i), i, a.rows, a.wrap)) * a.cols;
          const T* from = dy + (o * a.count + i) * a.cols;
          for (int64_t j = c0; j < c1; j++) to[j] = wrap_add(to[j], from[j]);
        }
      });
    });
  });
}

// y[o, j, i] = x[o, index[o, j, i], i]; args: x, index, y
void gather_axis(const Call& call) {
  const auto& a = call.attrs<AxisIndexAttrs>();
  visit_index(call.args[1].dtype, [&](auto zero) {
    const auto* index = call.arg<const decltype(zero)>(1);
    visit(call.args[0].dtype, [&](auto number) {
      using T = decltype(number);
      const T* x = call.arg<const T>(0);
      T* y = call.arg<T>(2);
      if (a.inner == 0) return;
      parallel_for(a.outer * a.count, call.cost, [&](int64_t begin, int64_t end) {
        for (int64_t row = begin; row < end; row++) {
          const T* from = x + row / a.count * a.n * a.inner;
          for (int64_t i = 0, at = row * a.inner; i < a.inner; i++, at++)
            y[at] = from[row_of(a.op, read_once(index + at), at, a.n, false) * a.inner + i];
        }
      });
    });
  });
}

// The same of y[o, index[o, j, i], i] += src[o, j, i], where sums may be long: all of a strip in double.
template <class I, class T>
void add_long(const AxisIndexAttrs& a, int64_t cost, const I* index, const T* src, T* y) {
  const int64_t strip = std::clamp<int64_t>((1 << 17) / std::max<int64_t>(a.n, 1), 16, 512);
  const auto body = [&](int64_t o, int64_t i0, int64_t i1) {
    const int64_t width = i1 - i0;
    const Scratch<double> totals(a.n * width);
    T* const to = y + o * a.n * a.inner + i0;
    for (int64_t r = 0; r < a.n; r++) std::copy_n(to + r * a.inner, width, totals.data() + r * width);
    for (int64_t j = 0; j < a.count; j++) {
      if (j % block == block - 1 && interrupted()) return;
      for (int64_t i = 0; i < width; i++) {
        const int64_t at = (o * a.count + j) * a.inner + i0 + i;
        totals.data()[row_of(a.op, read_once(index + at), at, a.n, false) * width + i] +=
            double(src[a.single ? 0 : at]);
      }
    }
    for (int64_t r = 0; r < a.n; r++)
      for (int64_t i = 0; i < width; i++) to[r * a.inner + i] = T(totals.data()[r * width + i]);
  };
  for_lanes(a.outer, a.inner, cost, body, strip);
}

// y[o, index[o, j, i], i] = (or +=) src[o, j, i], in order of j; args: index, src, y
void scatter_axis(const Call& call) {
  const auto& a = call.attrs<AxisIndexAttrs>();
  visit_index(call.args[0].dtype, [&](auto zero) {
    const auto* index = call.arg<const decltype(zero)>(0);
    visit(call.args[1].dtype, [&](auto number) {
      using T = decltype(number);
      const T* src = call.arg<const T>(1);
      T* y = call.arg<T>(2);
      if constexpr (std::is_floating_point_v<T>)
        if (a.add && a.count > column_chunk) return add_long(a, call.cost, index, src, y);
      for_lanes(a.outer, a.inner, call.cost, [&](int64_t o, int64_t i0, int64_t i1) {
        for (int64_t j = 0; j < a.count; j++) {
          if (j % block == block - 1 && interrupted()) return;
          for (int64_t i = i0; i < i1; i++) {
            const int64_t at = (o * a.count + j) * a.inner + i;
            T& to = y[(o * a.n + row_of(a.op, read_once(index + at), at, a.n, false)) * a.inner + i];
            const T value = src[a.single ? 0 : at];
            to = a.add ? wrap_add(to, value) : value;
          }
        }
      });
    });
  });
}

// flat = (i0 * size1 + i1) * size2 + ...; args: int64 index operands, flat
void ravel_index(const Call& call) {
  const auto& a = call.attrs<RavelAttrs>();
  int64_t* flat = call.arg<int64_t>(a.ndim);
  parallel_for(a.n, call.cost, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) {
      int64_t sum = 0;
      for (int d = 0; d < a.ndim; d++) {
        const int64_t at = read_once(call.arg<const int64_t>(d) + i), size = a.size[d];
        check<IndexError>(at >= -size && at < size, "index: index ", at, " at position ", i,
                          " is out of range for axis ", a.first_axis + d, " of size ", size);
        sum = sum * size + (at < 0 ? at + size : at);
      }
      flat[i] = sum;
    }
  });
}

// y[i, x[i]] = 1, else 0; args: x, y (n, classes) int64
void one_hot(const Call& call) {
  const auto& a = call.attrs<OneHotAttrs>();
  visit_index(call.args[0].dtype, [&](auto zero) {
    const auto* x = call.arg<const decltype(zero)>(0);
    int64_t* y = call.arg<int64_t>(1);
    parallel_for(a.n, call.cost, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; i++) {
        const int64_t at = read_once(x + i);
        check<IndexError>(at >= 0 && at < a.classes, "one_hot: class ", at, " at position ", i,
                          " is out of range for ", a.classes, " classes");
        std::fill_n(y + i * a.classes, a.classes, int64_t(0));
        y[i * a.classes + at] = 1;
      }
    });
  });
}

}  // namespace nncore::cpu
