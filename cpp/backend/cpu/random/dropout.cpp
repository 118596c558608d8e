// Dropout. Forward saves the position in the random sequence, so that backward drops the same elements.
#include <algorithm>

#include "../../../core/parallel.h"
#include "../../kernels/dropout.h"
#include "../dispatch.h"

namespace nncore::cpu {

namespace {

constexpr int64_t group = dropout_group;

template <class T>
struct Change {
  T scale, shift, dropped;  // an element becomes x * scale + shift, or dropped
};

// n elements in runs of `inner`, which are dropped as a whole.
template <class T>
void drop(int64_t n, int64_t inner, double p, int64_t cost, const int64_t* key, Change<T> change, const T* x,
          T* y) {
  const T scale = change.scale, shift = change.shift, dropped = change.dropped;
  const uint64_t seed = uint64_t(key[0]), offset = uint64_t(key[1]);
  const auto row = kernels<T>().random.dropout;
  const int64_t runs = n / inner;
  parallel_for((runs + group - 1) / group, cost, [&](int64_t begin, int64_t end) {
    const int64_t first = begin * group, last = std::min(runs, end * group);
    if (inner == 1)
      return row(last - first, first, seed, offset, p, x + first, scale, shift, dropped, y + first);
    for (int64_t i = first; i < last; i += group) {
      T kept[group];
      std::fill_n(kept, group, T(1));
      row(group, i, seed, offset, p, kept, T(1), T(0), T(0), kept);
      for (int64_t j = i; j < std::min(last, i + group); j++) {
        const int64_t at = j * inner;
        if (kept[j - i] != T(0))
          kernels<T>().loss.scale_shift(inner, x + at, scale, shift, y + at);
        else
          std::fill_n(y + at, inner, dropped);
      }
    }
  });
}

}  // namespace

void run(const DropoutFwd& k) {
  int64_t* const key = k.key.as<int64_t>();
  key[0] = int64_t(k.random.key.seed);
  key[1] = int64_t(k.random.key.offset);
  visit_float(k.x.dtype, [&](auto zero) {
    using T = decltype(zero);
    drop<T>(k.n, k.inner, k.p, k.cost(), key, {T(k.scale), T(k.shift), T(k.dropped)}, k.x.as<T>(),
            k.y.as<T>());
  });
}

void run(const DropoutBwd& k) {
  visit_float(k.dy.dtype, [&](auto zero) {
    using T = decltype(zero);
    drop<T>(k.n, k.inner, k.p, k.cost(), k.key.as<int64_t>(), {T(k.scale), T(0), T(0)}, k.dy.as<T>(),
            k.dx.as<T>());
  });
}

}  // namespace nncore::cpu
