// Softmax over rows and cross-entropy from logits. With q the target distribution (one-hot, smoothed, or
// given) and class weights w:  loss = sum_c w_c q_c (log(s) - (x_c - top)) with top = max(x), s = sum exp(x -
// top),  d loss / d x_c = softmax(x)_c W - w_c q_c,  W = sum_c w_c q_c.
#include <algorithm>

#include "../../core/error.h"
#include "../../core/parallel.h"
#include "dispatch.h"
#include "indices.h"
#include "kernels.h"
#include "reduce.h"
#include "scratch.h"
#include "stream.h"

namespace nncore::cpu {

namespace {

constexpr int64_t block = 32;  // rows whose sums are kept at hand

// Class index of row r; ignored rows give -1, others outside [0, cols) raise.
int64_t class_index(const Call& call, const CrossEntropyAttrs& a, int64_t r) {
  const int64_t t = index_at(call, 1, r);
  if (t == a.ignore_index) return -1;
  check<IndexError>(t >= 0 && t < a.cols, "cross_entropy: target ", t, " at row ", r, " is out of range for ",
                    a.cols, " classes; labels go from 0 to ", a.cols - 1);
  return t;
}

// Calls f(c, w_c q_c) for every class of row r with its share of the target. Returns what the row adds to the
// denominator of a mean: the weight of its class, or 1 for given probabilities.
template <class T, class F>
T for_targets(const Call& call, const CrossEntropyAttrs& a, int64_t r, const T* weight, F f) {
  const auto weight_of = [=](int64_t c) { return weight ? weight[c] : T(1); };
  const T smooth = T(a.label_smoothing) / T(a.cols);
  const T keep = T(1 - a.label_smoothing);
  if (a.probabilities) {
    const T* q = call.arg<const T>(1) + r * a.cols;
    for (int64_t c = 0; c < a.cols; c++) f(c, weight_of(c) * (keep * q[c] + smooth));
    return T(1);
  }
  const int64_t target = class_index(call, a, r);
  if (target < 0) return T(0);
  const T norm = weight_of(target);
  if (smooth == T(0))
    f(target, norm);
  else
    for (int64_t c = 0; c < a.cols; c++) f(c, weight_of(c) * (smooth + (c == target ? keep : T(0))));
  return norm;
}

}  // namespace

// op 0: softmax, 1: log_softmax; args: x, y
void softmax_fwd(const Call& call) {
  const auto& a = call.attrs<RowAttrs>();
  if (a.cols == 0) return;
  visit_float(call.args[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    const T* x = call.arg<const T>(0);
    T* y = call.arg<T>(1);
    const auto& k = kernels<T>().loss;
    parallel_for(a.rows, call.cost, [&](int64_t begin, int64_t end) {
      if (a.op == 0)
        return write_out(y, a.rows, begin, end,
                         [&](int64_t r, int64_t n, T* to) { k.rows_softmax(n, a.cols, x + r * a.cols, to); },
                         a.cols, {x});
      for (int64_t r0 = begin; r0 < end; r0 += block) {
        T top[block], sum[block], log_sum[block];
        const int64_t rows = std::min(block, end - r0);
        k.rows_sums(rows, a.cols, x + r0 * a.cols, top, sum, log_sum);
        for (int64_t r = 0; r < rows; r++)
          write_out(y, a.rows * a.cols, (r0 + r) * a.cols, (r0 + r + 1) * a.cols,
                    [&](int64_t i, int64_t n, T* to) { k.minus(n, x + i, top[r], log_sum[r], to); });
      }
    });
  });
}

// args: y, dy, dx
void softmax_bwd(const Call& call) {
  const auto& a = call.attrs<RowAttrs>();
  visit_float(call.args[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    const T *y = call.arg<const T>(0), *dy = call.arg<const T>(1);
    T* dx = call.arg<T>(2);
    if (a.cols == 0) return;
    const auto run = kernels<T>().loss.rows_bwd[a.op];
    parallel_for(a.rows, call.cost, [&](int64_t begin, int64_t end) {
      write_out(dx, a.rows, begin, end,
                [&](int64_t r, int64_t n, T* to) { run(n, a.cols, y + r * a.cols, dy + r * a.cols, to); },
                a.cols, {y, dy});
    });
  });
}

// args: x (rows, cols), target, weight or none, stats (2, rows): top and s, share (rows): W of each row, 0
// where ignored, loss (rows, or 1), scale (1): what a row's loss is multiplied by
void cross_entropy_fwd(const Call& call) {
  const auto& a = call.attrs<CrossEntropyAttrs>();
  visit_float(call.args[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    const T *x = call.arg<const T>(0), *weight = call.arg<const T>(2);
    T *top = call.arg<T>(3), *sum = top + a.rows, *share = call.arg<T>(4), *loss = call.arg<T>(5),
      *scale = call.arg<T>(6);
    const Scratch<T> rows(a.reduction == LossReduction::none ? 0 : a.rows), norm(a.rows), log_sum(a.rows);
    T* row_loss = a.reduction == LossReduction::none ? loss : rows.data();
    const auto& k = kernels<T>().loss;
    parallel_for(a.rows, call.cost, [&](int64_t begin, int64_t end) {
      if (a.logits) {
        k.rows_sums(end - begin, a.cols, x + begin * a.cols, top + begin, sum + begin,
                    log_sum.data() + begin);
      } else {
        std::fill(top + begin, top + end, T(0));
        std::fill(log_sum.data() + begin, log_sum.data() + end, T(0));
      }
      for (int64_t r = begin; r < end; r++) {
        const T* row = x + r * a.cols;
        double total = 0, weights = 0;  // chains as long as there are classes
        norm.data()[r] = for_targets<T>(call, a, r, weight, [&](int64_t c, T q) {
          if (q != T(0)) total += double(q) * double(log_sum.data()[r] - (row[c] - top[r]));
          weights += double(q);
        });
        row_loss[r] = T(total);
        share[r] = T(weights);
      }
    });
    *scale = T(1);
    if (a.reduction == LossReduction::mean) {
      const T total = row_sum(a.rows, norm.data());
      check(total != T(0), "cross_entropy: the mean over ", a.rows,
            " rows has nothing to average: every target is ignore_index ", a.ignore_index,
            " or has weight 0; drop such batches or use reduction='sum'");
      *scale = T(1) / total;
    }
    if (a.reduction != LossReduction::none) *loss = row_sum(a.rows, rows.data()) * *scale;
  });
}

// args: x, target, weight or none, stats, share, dy (rows, or 1), scale (1), dx
void cross_entropy_bwd(const Call& call) {
  const auto& a = call.attrs<CrossEntropyAttrs>();
  visit_float(call.args[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    const T *x = call.arg<const T>(0), *weight = call.arg<const T>(2), *top = call.arg<const T>(3),
            *sum = top + a.rows, *share = call.arg<const T>(4), *dy = call.arg<const T>(5),
            *scale = call.arg<const T>(6);
    T* dx = call.arg<T>(7);
    const auto& k = kernels<T>().loss;
    parallel_for(a.rows, call.cost, [&](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; r++) {
        T* row = dx + r * a.cols;
        const T d = dy[a.reduction == LossReduction::none ? r : 0] * *scale;
        if (a.logits)
          write_out(
              dx, a.rows * a.cols, r * a.cols, (r + 1) * a.cols,
              [&](int64_t i, int64_t n, T* to) { k.exp_minus(n, x + i, top[r], d * share[r] / sum[r], to); },
              1, {x});
        else
          std::fill_n(row, a.cols, T(0));
        for_targets<T>(call, a, r, weight, [&](int64_t c, T q) { row[c] -= d * q; });
      }
    });
  });
}

}  // namespace nncore::cpu
