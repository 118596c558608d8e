// The multi-class hinge loss: of row x and class t, sum over c != t of w_t max(0, margin - x_t + x_c)^p / C.
#include <algorithm>

#include "../../core/error.h"
#include "../../core/parallel.h"
#include "dispatch.h"
#include "indices.h"
#include "kernels.h"
#include "reduce.h"
#include "scratch.h"

namespace nncore::cpu {

namespace {

int64_t class_of(const Call& call, const MultiMarginAttrs& a, int64_t r) {
  const int64_t t = index_at(call, 1, r);
  check<IndexError>(t >= 0 && t < a.cols, "multi_margin_loss: target ", t, " at row ", r,
                    " is out of range for ", a.cols, " classes; labels go from 0 to ", a.cols - 1);
  return t;
}

double row_scale(const MultiMarginAttrs& a) {
  return 1 / double(a.cols) / (a.reduction == LossReduction::mean ? double(a.rows) : 1);
}

}  // namespace

// args: x (rows, cols), target, weight or none, loss (rows, or 1)
void multi_margin_fwd(const Call& call) {
  const auto& a = call.attrs<MultiMarginAttrs>();
  visit_float(call.args[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    const T *x = call.arg<const T>(0), *weight = call.arg<const T>(2);
    const bool each = a.reduction == LossReduction::none;
    const Scratch<T> scratch(each ? 0 : a.rows);
    T *const loss = call.arg<T>(3), *const rows = each ? loss : scratch.data();
    parallel_for(a.rows, call.cost, [&](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; r++) {
        const int64_t t = class_of(call, a, r);
        const T* const row = x + r * a.cols;
        double sum = 0;
        for (int64_t c = 0; c < a.cols; c++) {
          const T z = c == t ? T(0) : std::max(T(0), T(a.margin) + (row[c] - row[t]));
          sum += double(a.p == 1 ? z : z * z);
        }
        rows[r] = T(sum) * (weight ? weight[t] : T(1)) * T(row_scale(a));
      }
    });
    if (!each) *loss = row_sum(a.rows, rows);
  });
}

// args: x, target, weight or none, dy (rows, or 1), dx
void multi_margin_bwd(const Call& call) {
  const auto& a = call.attrs<MultiMarginAttrs>();
  visit_float(call.args[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    const T *x = call.arg<const T>(0), *weight = call.arg<const T>(2), *dy = call.arg<const T>(3);
    T* dx = call.arg<T>(4);
    parallel_for(a.rows, call.cost, [&](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; r++) {
        const int64_t t = class_of(call, a, r);
        const T *const row = x + r * a.cols, d = dy[a.reduction == LossReduction::none ? r : 0] *
                                                 (weight ? weight[t] : T(1)) * T(row_scale(a));
        double sum = 0;
        for (int64_t c = 0; c < a.cols; c++) {
          const T z = T(a.margin) + (row[c] - row[t]);
          const T g = c == t || z <= T(0) ? T(0) : a.p == 1 ? d : T(2) * d * z;
          dx[r * a.cols + c] = g;
          sum += double(g);
        }
        dx[r * a.cols + t] = T(-sum);
      }
    });
  });
}

}  // namespace nncore::cpu
