#include "backend/kernels/index.h"

#include <cstring>

#include "backend/kernels/mask.h"
#include "backend/visit_size.h"
#include "backend/wrap.h"
#include "reference.h"

namespace nncore::reference {

namespace {

// Calls f(index, zero) with the indices and a zero of the type of the values.
template <class K, class F>
void visit_both(const K& k, DType values_dtype, F f) {
  visit_index(k.index.dtype, [&](auto i) {
    visit(values_dtype, [&](auto zero) { f(values<decltype(i)>(k.index), zero); });
  });
}

template <class K>
int64_t row_of(const K& k, int64_t at, int64_t position, int64_t rows) {
  check<IndexError>(at >= (k.wrap ? -rows : 0) && at < rows, k.op, ": index ", at, " at position ", position,
                    " is out of range for an axis of size ", rows);
  return at < 0 ? at + rows : at;
}

}  // namespace

void run(const GatherRows& k) {
  const size_t bytes = size_t(k.cols) * size_of(k.x.dtype);
  visit_index(k.index.dtype, [&](auto zero) {
    const auto* index = values<decltype(zero)>(k.index);
    const auto* x = values<std::byte>(k.x);
    auto* y = values<std::byte>(k.y);
    for (int64_t o = 0; o < k.outer; o++)
      for (int64_t i = 0; i < k.count; i++) {
        const int64_t row = row_of(k, int64_t(index[i]), i, k.rows);
        if (bytes)
          std::memcpy(y + size_t(o * k.count + i) * bytes, x + size_t(o * k.rows + row) * bytes, bytes);
      }
  });
}

void run(const ScatterAddRows& k) {
  visit_both(k, k.src.dtype, [&](const auto* index, auto zero) {
    using T = decltype(zero);
    const T* src = values<T>(k.src);
    T* y = values<T>(k.y);
    for (int64_t o = 0; o < k.outer; o++)
      for (int64_t i = 0; i < k.count; i++) {
        const int64_t row = row_of(k, int64_t(index[i]), i, k.rows);
        for (int64_t c = 0; c < k.cols; c++) {
          T& to = y[(o * k.rows + row) * k.cols + c];
          to = wrap_add(to, src[(o * k.count + i) * k.cols + c]);
        }
      }
  });
}

// Calls f(index, zero) with an unsigned type as wide as the values, which are only moved.
template <class K, class F>
void visit_moved(const K& k, DType values_dtype, F f) {
  visit_index(k.index.dtype, [&](auto i) {
    visit_size(size_of(values_dtype), [&](auto zero) { f(values<decltype(i)>(k.index), zero); });
  });
}

void run(const GatherAxis& k) {
  visit_moved(k, k.x.dtype, [&](const auto* index, auto zero) {
    using T = decltype(zero);
    const T* x = values<T>(k.x);
    T* y = values<T>(k.y);
    for (int64_t at = 0; at < k.outer * k.count * k.inner; at++) {
      const int64_t outer = at / (k.count * k.inner), inner = at % k.inner;
      y[at] = x[(outer * k.n + row_of(k, int64_t(index[at]), at, k.n)) * k.inner + inner];
    }
  });
}

void run(const ScatterAxis& k) {
  const auto scatter = [&](const auto* index, auto zero, auto update) {
    using T = decltype(zero);
    const T* src = values<T>(k.src);
    T* y = values<T>(k.y);
    for (int64_t at = 0; at < k.outer * k.count * k.inner; at++) {
      const int64_t outer = at / (k.count * k.inner), inner = at % k.inner;
      T& to = y[(outer * k.n + row_of(k, int64_t(index[at]), at, k.n)) * k.inner + inner];
      to = update(to, src[k.single ? 0 : at]);
    }
  };
  if (k.add)
    visit_both(k, k.src.dtype, [&](const auto* index, auto zero) {
      scatter(index, zero, [](auto to, auto value) { return wrap_add(to, value); });
    });
  else
    visit_moved(k, k.src.dtype, [&](const auto* index, auto zero) {
      scatter(index, zero, [](auto, auto value) { return value; });
    });
}

void run(const RavelIndex& k) {
  int64_t* flat = values<int64_t>(k.flat);
  for (int64_t i = 0; i < k.n; i++) {
    flat[i] = 0;
    for (int d = 0; d < k.ndim; d++) {
      const int64_t at = values<int64_t>(k.index[d])[i], size = k.size[d];
      check<IndexError>(at >= -size && at < size, "index: index ", at, " at position ", i,
                        " is out of range for axis ", k.first_axis + d, " of size ", size);
      flat[i] = flat[i] * size + (at < 0 ? at + size : at);
    }
  }
}

void run(const NonzeroCount& k) {
  visit(k.x.dtype, [&](auto zero) {
    using T = decltype(zero);
    const T* x = values<T>(k.x);
    int64_t* counts = values<int64_t>(k.counts);
    counts[0] = 0;
    for (int64_t i = 0; i < k.n; i++) {
      if (i > 0 && i % nonzero_chunk == 0) counts[i / nonzero_chunk] = counts[i / nonzero_chunk - 1];
      counts[i / nonzero_chunk] += x[i] != T(0);
    }
  });
}

void run(const NonzeroFill& k) {
  visit(k.x.dtype, [&](auto zero) {
    using T = decltype(zero);
    const T* x = values<T>(k.x);
    int64_t* y = values<int64_t>(k.y);
    for (int64_t i = 0; i < k.n; i++) {
      if (x[i] == T(0)) continue;
      for (int64_t d = k.ndim - 1, rest = i; d >= 0; rest /= k.size[d--])
        y[d * k.axis_stride] = rest % k.size[d];
      y += k.found_stride;
    }
  });
}

}  // namespace nncore::reference
