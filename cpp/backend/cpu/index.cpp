// Rows chosen by an index, and its transpose: rows added where the index points.
#include "../../core/error.h"
#include "../../core/parallel.h"
#include "kernels.h"

namespace nncore::cpu {

namespace {

// A negative index counts from the end, as in NumPy.
template <class I>
int64_t row_of(const I* index, int64_t i, int64_t rows) {
  const int64_t at = int64_t(index[i]);
  check<IndexError>(at >= -rows && at < rows, "index: index ", at, " at position ", i,
                    " is out of range for an axis of size ", rows);
  return at < 0 ? at + rows : at;
}

}  // namespace

// y[i] = x[index[i]]; args: x (rows, cols), index, y (count, cols)
void gather_rows(const Call& call) {
  const auto& a = call.attrs<GatherAttrs>();
  const size_t row_bytes = size_t(a.cols) * size_of(call.args[0].dtype);
  visit_index(call.args[1].dtype, [&](auto zero) {
    const auto* index = call.arg<const decltype(zero)>(1);
    const std::byte* x = call.arg<const std::byte>(0);
    std::byte* y = call.arg<std::byte>(2);
    parallel_for(a.count, call.cost, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; i++)
        std::memcpy(y + size_t(i) * row_bytes, x + size_t(row_of(index, i, a.rows)) * row_bytes, row_bytes);
    });
  });
}

// dx[index[i]] += dy[i], in order of i; threads share the columns, so the order never changes. args: index,
// dy, dx
void scatter_add_rows(const Call& call) {
  const auto& a = call.attrs<GatherAttrs>();
  visit_index(call.args[0].dtype, [&](auto zero) {
    const auto* index = call.arg<const decltype(zero)>(0);
    visit(call.args[1].dtype, [&](auto number) {
      using T = decltype(number);
      const T* dy = call.arg<const T>(1);
      T* dx = call.arg<T>(2);
      parallel_for(a.cols, call.cost, [&](int64_t begin, int64_t end) {
        for (int64_t i = 0; i < a.count; i++) {
          T* to = dx + row_of(index, i, a.rows) * a.cols;
          const T* from = dy + i * a.cols;
          for (int64_t j = begin; j < end; j++) to[j] = T(to[j] + from[j]);
        }
      });
    });
  });
}

}  // namespace nncore::cpu
