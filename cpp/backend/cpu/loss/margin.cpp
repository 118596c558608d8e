// The multi-class hinge loss of row x and class t: sum over c != t of w_t max(0, margin - x_t + x_c)^p / C.
#include <algorithm>

#include "../../../core/parallel.h"
#include "../../kernels/loss.h"
#include "../dispatch.h"
#include "../movement/indices.h"
#include "../reduction/reduce.h"
#include "../report.h"
#include "../scratch.h"

namespace nncore::cpu {

namespace {

template <class K>
int64_t class_of(const K& k, int64_t r) {
  const int64_t t = index_at(k.target, r);
  if (t < 0 || t >= k.cols) [[unlikely]]
    report(k, {.position = r, .value = t});
  return t;
}

template <class K>
double row_scale(const K& k) {
  return 1 / double(k.cols) / (k.reduction == LossReduction::mean ? double(k.rows) : 1);
}

}  // namespace

void run(const MultiMarginFwd& k) {
  visit_float(k.x.dtype, [&](auto zero) {
    using T = decltype(zero);
    const T *const x = k.x.as<T>(), *const weight = k.weight.as<T>();
    const bool each = k.reduction == LossReduction::none;
    const Scratch<T> scratch(each ? 0 : k.rows);
    T *const loss = k.loss.as<T>(), *const rows = each ? loss : scratch.data();
    parallel_for(k.rows, k.cost(), [&](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; r++) {
        const int64_t t = class_of(k, r);
        const T* const row = x + r * k.cols;
        double sum = 0;
        for (int64_t c = 0; c < k.cols; c++) {
          const T z = c == t ? T(0) : std::max(T(0), T(k.margin) + (row[c] - row[t]));
          sum += double(k.p == 1 ? z : z * z);
        }
        rows[r] = T(sum) * (weight ? weight[t] : T(1)) * T(row_scale(k));
      }
    });
    if (!each) *loss = row_sum(k.rows, rows);
  });
}

void run(const MultiMarginBwd& k) {
  visit_float(k.x.dtype, [&](auto zero) {
    using T = decltype(zero);
    const T *const x = k.x.as<T>(), *const weight = k.weight.as<T>(), *const dy = k.dy.as<T>();
    T* const dx = k.dx.as<T>();
    parallel_for(k.rows, k.cost(), [&](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; r++) {
        const int64_t t = class_of(k, r);
        const T *const row = x + r * k.cols, d = dy[k.reduction == LossReduction::none ? r : 0] *
                                                 (weight ? weight[t] : T(1)) * T(row_scale(k));
        double sum = 0;
        for (int64_t c = 0; c < k.cols; c++) {
          const T z = T(k.margin) + (row[c] - row[t]);
          const T g = c == t || z <= T(0) ? T(0) : k.p == 1 ? d : T(2) * d * z;
          dx[r * k.cols + c] = g;
          sum += double(g);
        }
        dx[r * k.cols + t] = T(-sum);
      }
    });
  });
}

}  // namespace nncore::cpu
