// What a mask or a triangle keeps, and where a mask holds.
#include <algorithm>

#include "../../core/error.h"
#include "../../core/parallel.h"
#include "broadcast.h"
#include "kernels.h"

namespace nncore::cpu {

// y = mask == fills ? value : x; args: x, mask (bool), y
void masked_fill(const Call& call) {
  const auto& a = call.attrs<MaskedFillAttrs>();
  visit(call.args[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    const T* x = call.arg<const T>(0);
    const auto* mask = call.arg<const uint8_t>(1);
    T* y = call.arg<T>(2);
    const T value = std::is_floating_point_v<T> ? T(a.value) : T(a.int_value);
    const int last = a.loop.ndim - 1;
    const int64_t sx = a.loop.stride[0][last], sm = a.loop.stride[1][last];
    const uint8_t flip = a.fills ? 0 : 1;
    for_broadcast_rows(a.loop, a.n, call.cost, [&](int64_t at, int64_t n, const int64_t* from) {
      const T* px = x + from[0];
      const uint8_t* pm = mask + from[1];
      T* to = y + at;
      if (sx == 1 && sm == 1) {
        for (int64_t i = 0; i < n; i++) to[i] = pm[i] != flip ? value : px[i];
      } else {
        for (int64_t i = 0; i < n; i++) to[i] = pm[i * sm] != flip ? value : px[i * sx];
      }
    });
  });
}

// args: x, y
void triangle(const Call& call) {
  const auto& a = call.attrs<TriangleAttrs>();
  visit(call.args[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    const T* x = call.arg<const T>(0);
    T* y = call.arg<T>(1);
    if (a.cols == 0) return;
    parallel_for(a.batch * a.rows, call.cost, [&](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; r++) {
        // columns [0, edge) lie below the diagonal's right end (lower) or left of it (upper)
        const int64_t edge = std::clamp<int64_t>(r % a.rows + a.diagonal + (a.lower ? 1 : 0), 0, a.cols);
        const T* from = x + r * a.cols;
        T* to = y + r * a.cols;
        if (a.lower) {
          std::copy_n(from, edge, to);
          std::fill_n(to + edge, a.cols - edge, T(0));
        } else {
          std::fill_n(to, edge, T(0));
          std::copy_n(from + edge, a.cols - edge, to + edge);
        }
      }
    });
  });
}

namespace {

constexpr int64_t nonzero_chunk = 1 << 16;

// f(zero) with the type in which elements are compared with 0: a bool is any byte, as NumPy's are.
template <class F>
void visit_truth(DType t, F&& f) {
  visit(t == DType::boolean ? DType::uint8 : t, f);
}

}  // namespace

// counts[c]: how many elements differ from 0 in chunks 0 .. c; args: x, counts
void nonzero_count(const Call& call) {
  const auto& a = call.attrs<NonzeroAttrs>();
  int64_t* counts = call.arg<int64_t>(1);
  const int64_t chunks = std::max<int64_t>(1, (a.n + nonzero_chunk - 1) / nonzero_chunk);
  visit_truth(call.args[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    const T* x = call.arg<const T>(0);
    parallel_for(chunks, call.cost, [&](int64_t begin, int64_t end) {
      for (int64_t c = begin; c < end; c++) {
        const int64_t first = c * nonzero_chunk, last = std::min(a.n, first + nonzero_chunk);
        int64_t found = 0;
        for (int64_t i = first; i < last; i++) found += x[i] != T(0);
        counts[c] = found;
      }
    });
  });
  for (int64_t c = 1; c < chunks; c++) counts[c] += counts[c - 1];
}

// Each chunk writes as many places as were counted, also where others change x meanwhile.
// args: x, counts, y: the index of each element found along each axis
void nonzero_fill(const Call& call) {
  const auto& a = call.attrs<NonzeroAttrs>();
  const int64_t* counts = call.arg<const int64_t>(1);
  int64_t* y = call.arg<int64_t>(2);
  const int64_t chunks = (a.n + nonzero_chunk - 1) / nonzero_chunk;
  visit_truth(call.args[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    const T* x = call.arg<const T>(0);
    parallel_for(chunks, call.cost, [&](int64_t begin, int64_t end) {
      for (int64_t c = begin; c < end; c++) {
        const int64_t first = c * nonzero_chunk, last = std::min(a.n, first + nonzero_chunk);
        const int64_t before = c ? counts[c - 1] : 0;
        int64_t* to = y + before * a.found_stride;
        int64_t places = counts[c] - before;
        for (int64_t i = first; i < last; i++) {
          if (!(x[i] != T(0))) continue;
          if (places-- == 0) break;
          int64_t rest = i;
          for (int d = a.ndim - 1; d >= 0; d--) {
            to[d * a.axis_stride] = rest % a.size[d];
            rest /= a.size[d];
          }
          to += a.found_stride;
        }
        check(places == 0,
              "nonzero: the tensor changed while its elements were counted; another thread "
              "writes into its memory, take a copy with clone() first");
      }
    });
  });
}

}  // namespace nncore::cpu
