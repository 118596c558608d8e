// Dropout. The mask is a function of the place in the random sequence, which forward reserves when it runs
// and writes down; backward makes the same mask again.
#include <algorithm>

#include "../../core/parallel.h"
#include "../../core/random.h"
#include "dispatch.h"
#include "kernels.h"

namespace nncore::cpu {

namespace {

constexpr int64_t group = 32;  // elements of eight Philox blocks

template <class T>
void drop(const DropoutAttrs& a, int64_t cost, const int64_t* key, T scale, T shift, T dropped, const T* x,
          T* y) {
  const uint64_t seed = uint64_t(key[0]), offset = uint64_t(key[1]);
  const auto run = kernels<T>().random.dropout;
  parallel_for((a.n / a.inner + group - 1) / group, cost, [&](int64_t begin, int64_t end) {
    const int64_t first = begin * group, last = std::min(a.n / a.inner, end * group);
    if (a.inner == 1)
      return run(last - first, first, seed, offset, a.p, x + first, scale, shift, dropped, y + first);
    for (int64_t i = first; i < last; i += group) {
      T kept[group];
      std::fill_n(kept, group, T(1));
      run(group, i, seed, offset, a.p, kept, T(1), T(0), T(0), kept);
      for (int64_t j = i; j < std::min(last, i + group); j++) {
        const int64_t at = j * a.inner;
        if (kept[j - i] != T(0))
          kernels<T>().loss.scale_shift(a.inner, x + at, scale, shift, y + at);
        else
          std::fill_n(y + at, a.inner, dropped);
      }
    }
  });
}

}  // namespace

// args: x, y, key (2): seed and offset
void dropout_fwd(const Call& call) {
  const auto& a = call.attrs<DropoutAttrs>();
  const int64_t groups = (a.n / a.inner + group - 1) / group;
  const RandomKey from = call.generator->reserve(uint64_t(groups * group / 4));
  int64_t* const key = call.arg<int64_t>(2);
  key[0] = int64_t(from.seed);
  key[1] = int64_t(from.offset);
  visit_float(call.args[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    drop(a, call.cost, key, T(a.scale), T(a.shift), T(a.dropped), call.arg<const T>(0), call.arg<T>(1));
  });
}

// args: dy, key, dx
void dropout_bwd(const Call& call) {
  const auto& a = call.attrs<DropoutAttrs>();
  visit_float(call.args[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    drop(a, call.cost, call.arg<const int64_t>(1), T(a.scale), T(0), T(0), call.arg<const T>(0),
         call.arg<T>(2));
  });
}

}  // namespace nncore::cpu
