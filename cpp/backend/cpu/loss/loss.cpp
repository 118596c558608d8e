// Softmax over rows, and cross-entropy from logits. For the target distribution q (one-hot, smoothed or
// given) and class weights w, with top = max(x) and s = sum exp(x - top):
//     loss = sum_c w_c q_c (log(s) - (x_c - top))
//     d loss / d x_c = softmax(x)_c W - w_c q_c,  W = sum_c w_c q_c
#include <algorithm>

#include "../../../core/parallel.h"
#include "../../kernels/softmax.h"
#include "../dispatch.h"
#include "../movement/indices.h"
#include "../reduction/reduce.h"
#include "../report.h"
#include "../scratch.h"
#include "../stream.h"

namespace nncore::cpu {

namespace {

constexpr int64_t loss_rows = 32;  // rows whose sums are computed together

// The class index of row r; -1 if ignored.
template <class K>
int64_t class_index(const K& k, int64_t r) {
  const int64_t t = index_at(k.target, r);
  if (t == k.ignore_index) return -1;
  if (t < 0 || t >= k.cols) [[unlikely]]
    report(k, {.position = r, .kind = bad_target, .value = t});
  return t;
}

// Calls f(c, w_c q_c) for every class of row r. Returns the row's contribution to the denominator of a mean:
// the weight of its class, or 1 for given probabilities.
template <class T, class K, class F>
T for_targets(const K& k, int64_t r, F f) {
  const T* const weight = k.weight.template as<T>();
  const auto weight_of = [=](int64_t c) { return weight ? weight[c] : T(1); };
  const T smooth = T(k.label_smoothing) / T(k.cols);
  const T keep = T(1 - k.label_smoothing);
  if (k.probabilities) {
    const T* q = k.target.template as<T>() + r * k.cols;
    for (int64_t c = 0; c < k.cols; c++) f(c, weight_of(c) * (keep * q[c] + smooth));
    return T(1);
  }
  const int64_t target = class_index(k, r);
  if (target < 0) return T(0);
  const T norm = weight_of(target);
  if (smooth == T(0))
    f(target, norm);
  else
    for (int64_t c = 0; c < k.cols; c++) f(c, weight_of(c) * (smooth + (c == target ? keep : T(0))));
  return norm;
}

}  // namespace

void run(const SoftmaxFwd& k) {
  if (k.cols == 0) return;
  visit_float(k.x.dtype, [&](auto zero) {
    using T = decltype(zero);
    const int64_t cols = k.cols;
    const T* const x = k.x.as<T>();
    T* const y = k.y.as<T>();
    const auto& on_rows = kernels<T>().loss;
    parallel_for(k.rows, k.cost(), [&](int64_t begin, int64_t end) {
      if (!k.log)
        return write_out(
            y, k.rows, begin, end,
            [&](int64_t r, int64_t n, T* to) { on_rows.rows_softmax(n, cols, x + r * cols, to); }, cols, {x});
      for (int64_t r0 = begin; r0 < end; r0 += loss_rows) {
        T top[loss_rows], sum[loss_rows], log_sum[loss_rows];
        const int64_t rows = std::min(loss_rows, end - r0);
        on_rows.rows_sums(rows, cols, x + r0 * cols, top, sum, log_sum);
        for (int64_t r = 0; r < rows; r++)
          write_out(y, k.rows * cols, (r0 + r) * cols, (r0 + r + 1) * cols,
                    [&](int64_t i, int64_t n, T* to) { on_rows.minus(n, x + i, top[r], log_sum[r], to); });
      }
    });
  });
}

void run(const SoftmaxBwd& k) {
  if (k.cols == 0) return;
  visit_float(k.y.dtype, [&](auto zero) {
    using T = decltype(zero);
    const int64_t cols = k.cols;
    const T *const y = k.y.as<T>(), *const dy = k.dy.as<T>();
    const auto rows_bwd = kernels<T>().loss.rows_bwd[int(k.log)];
    parallel_for(k.rows, k.cost(), [&](int64_t begin, int64_t end) {
      write_out(k.dx.as<T>(), k.rows, begin, end,
                [&](int64_t r, int64_t n, T* to) { rows_bwd(n, cols, y + r * cols, dy + r * cols, to); },
                cols, {y, dy});
    });
  });
}

void run(const CrossEntropyFwd& k) {
  visit_float(k.x.dtype, [&](auto zero) {
    using T = decltype(zero);
    const T* const x = k.x.as<T>();
    T *const top = k.stats.as<T>(), *const sum = top + k.rows, *const share = k.share.as<T>(),
             *const loss = k.loss.as<T>(), *const scale = k.scale.as<T>();
    const bool each = k.reduction == LossReduction::none;
    const Scratch<T> scratch(each ? 0 : k.rows), norm(k.rows), log_sum(k.rows);
    T* const row_loss = each ? loss : scratch.data();
    parallel_for(k.rows, k.cost(), [&](int64_t begin, int64_t end) {
      if (k.logits) {
        kernels<T>().loss.rows_sums(end - begin, k.cols, x + begin * k.cols, top + begin, sum + begin,
                                    log_sum.data() + begin);
      } else {
        std::fill(top + begin, top + end, T(0));
        std::fill(log_sum.data() + begin, log_sum.data() + end, T(0));
      }
      for (int64_t r = begin; r < end; r++) {
        const T* row = x + r * k.cols;
        double total = 0, weights = 0;  // double, because the chains are as long as the number of classes
        norm.data()[r] = for_targets<T>(k, r, [&](int64_t c, T q) {
          if (q != T(0)) total += double(q) * double(log_sum.data()[r] - (row[c] - top[r]));
          weights += double(q);
        });
        row_loss[r] = T(total);
        share[r] = T(weights);
      }
    });
    *scale = T(1);
    if (k.reduction == LossReduction::mean) {
      const T total = row_sum(k.rows, norm.data());
      if (total == T(0)) report(k, {.position = k.rows, .kind = nothing_to_average});
      *scale = T(1) / total;
    }
    if (!each) *loss = row_sum(k.rows, row_loss) * *scale;
  });
}

void run(const CrossEntropyBwd& k) {
  visit_float(k.x.dtype, [&](auto zero) {
    using T = decltype(zero);
    const int64_t cols = k.cols;
    const T *const x = k.x.as<T>(), *const top = k.stats.as<T>(), *const sum = top + k.rows,
                   *const share = k.share.as<T>(), *const dy = k.dy.as<T>(), *const scale = k.scale.as<T>();
    T* const dx = k.dx.as<T>();
    const auto exp_minus = kernels<T>().loss.exp_minus;
    parallel_for(k.rows, k.cost(), [&](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; r++) {
        T* row = dx + r * cols;
        const T d = dy[k.reduction == LossReduction::none ? r : 0] * *scale;
        if (k.logits)
          write_out(
              dx, k.rows * cols, r * cols, (r + 1) * cols,
              [&](int64_t i, int64_t n, T* to) { exp_minus(n, x + i, top[r], d * share[r] / sum[r], to); }, 1,
              {x});
        else
          std::fill_n(row, cols, T(0));
        for_targets<T>(k, r, [&](int64_t c, T q) { row[c] -= d * q; });
      }
    });
  });
}

}  // namespace nncore::cpu
