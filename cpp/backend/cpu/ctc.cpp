// Connectionist temporal classification (Graves et al. 2006), in logarithms. A target of L labels has 2 L + 1
// states: blanks around and between the labels. alpha[t][s] is the log-probability of all beginnings that
// stand in state s after step t, beta[t][s] that of all ends from there, both with step t's own probability.
// These logarithms grow with the steps and are subtracted from each other, so they are double throughout.
#include <algorithm>
#include <limits>

#include "../../core/error.h"
#include "../../core/parallel.h"
#include "dispatch.h"
#include "indices.h"
#include "kernels.h"
#include "reduce.h"
#include "scratch.h"

namespace nncore {
#include "../../ops/elementwise_list.h"
}

namespace nncore::cpu {

namespace {

constexpr int64_t block = 16;  // steps between two looks for an interrupt
constexpr double never = -std::numeric_limits<double>::infinity();

// One sample: its sizes, where its targets and states begin.
struct Sample {
  int64_t n, steps, length, first_target, first_state;
  int64_t states() const { return 2 * length + 1; }
};

// Where each sample lies. The lengths are checked here, in backward again: alpha has room for all that pass.
void for_samples(const Call& call, const CtcAttrs& a, Sample* to) {
  int64_t used = 0;
  for (int64_t n = 0; n < a.batch; n++) {
    const int64_t steps = index_at(call, 2, n), length = index_at(call, 3, n);
    check(steps >= 0 && steps <= a.steps, "ctc_loss: input_lengths[", n, "] is ", steps, "; log_probs have ",
          a.steps, " steps");
    const int64_t room = a.width >= 0 ? a.width : a.count - used;
    check(length >= 0 && length <= room, "ctc_loss: target_lengths[", n, "] is ", length, " but ", room,
          " targets are left");
    const int64_t first = a.width >= 0 ? n * a.width : used;
    to[n] = {n, steps, length, first, a.steps * (2 * first + n)};
    used += length;
  }
  check(a.width >= 0 || used == a.count, "ctc_loss: target_lengths sum to ", used, " but there are ", a.count,
        " targets");
}

template <class T>
class Lattice {
 public:
  Lattice(const Call& call, const CtcAttrs& a, const Sample& s)
      : a_(a), s_(s), labels_(s.states()), terms_(4 * s.states()), log_probs_(call.arg<const T>(0)) {
    for (int64_t i = 0; i < s.states(); i++) {
      const int64_t label = i % 2 ? index_at(call, 1, s.first_target + i / 2) : a.blank;
      check<IndexError>(label >= 0 && label < a.classes && (i % 2 == 0 || label != a.blank),
                        "ctc_loss: target ", label, " at position ", i / 2, " of sample ", s.n,
                        " must be one of ", a.classes, " classes and not the blank ", a.blank);
      labels_.data()[i] = label;
    }
  }

  int64_t label(int64_t s) const { return labels_.data()[s]; }
  double log_prob(int64_t t, int64_t c) const {
    return double(log_probs_[(t * a_.batch + s_.n) * a_.classes + c]);
  }

  // States two apart are neighbours where their labels differ.
  bool skips(int64_t s) const { return s >= 2 && s % 2 && label(s) != label(s - 2); }

  // to[s] = log-probability of step t in state s, given the row of the step before (forward) or after it.
  void step(int64_t t, const double* from, bool forward, double* to) {
    const int64_t n = s_.states(), sign = forward ? 1 : -1;
    double *const top = terms_.data(), *const term = top + n;
    for (int64_t s = 0; s < n; s++) {
      double* const x = term + 3 * s;
      const int64_t one = s - sign, two = s - 2 * sign;
      x[0] = from[s];
      x[1] = one >= 0 && one < n ? from[one] : never;
      x[2] = two >= 0 && two < n && skips(forward ? s : two) ? from[two] : never;
      top[s] = std::max({x[0], x[1], x[2]});
      const double shift = top[s] == never ? 0 : top[s];
      for (int j = 0; j < 3; j++) x[j] -= shift;
    }
    map<formulas::Exp>(3 * n, term);
    for (int64_t s = 0; s < n; s++) to[s] = term[3 * s] + term[3 * s + 1] + term[3 * s + 2];
    map<formulas::Log>(n, to);
    for (int64_t s = 0; s < n; s++) to[s] = top[s] == never ? never : to[s] + top[s] + log_prob(t, label(s));
  }
  // The first row (forward) or the last one.
  void edge(int64_t t, bool forward, double* to) const {
    const int64_t n = s_.states();
    std::fill_n(to, n, never);
    for (int64_t i = 0; i < std::min<int64_t>(2, n); i++) {
      const int64_t s = forward ? i : n - 1 - i;
      to[s] = log_prob(t, label(s));
    }
  }
  double log_sum(double a, double b) const {
    const double top = std::max(a, b);
    if (top == never) return top;
    double e[2] = {a - top, b - top};
    map<formulas::Exp>(2, e);
    double sum = e[0] + e[1];
    map<formulas::Log>(1, &sum);
    return top + sum;
  }

  template <class Op>
  static void map(int64_t n, double* x) {
    kernels<double>().elementwise.unary_fwd[UnaryOps::index_of<Op>](n, x, x, nullptr);
  }

 private:
  const CtcAttrs& a_;
  const Sample& s_;
  Scratch<int64_t> labels_;
  Scratch<double> terms_;
  const T* log_probs_;
};

double factor(const CtcAttrs& a, const Sample& s) {
  return a.reduction == LossReduction::mean ? 1 / double(std::max<int64_t>(1, s.length) * a.batch) : 1;
}

}  // namespace

// args: log_probs (steps, batch, classes), targets, input_lengths, target_lengths, alpha, nll (batch), loss
// (batch, or 1)
void ctc_fwd(const Call& call) {
  const auto& a = call.attrs<CtcAttrs>();
  const Scratch<Sample> samples(a.batch);
  for_samples(call, a, samples.data());
  visit_float(call.args[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    double* const nll = call.arg<double>(5);
    T* const loss = call.arg<T>(6);
    const Scratch<T> scaled(a.batch);
    parallel_for(a.batch, call.cost, [&](int64_t begin, int64_t end) {
      for (int64_t n = begin; n < end; n++) {
        const Sample& s = samples.data()[n];
        Lattice<T> lattice(call, a, s);
        const int64_t m = s.states();
        double* const alpha = call.arg<double>(4) + s.first_state;
        double likelihood = s.length == 0 ? 0 : never;  // of nothing, from no step at all
        for (int64_t t = 0; t < s.steps; t++) {
          if (t % block == block - 1 && interrupted()) return;
          if (t == 0)
            lattice.edge(0, true, alpha);
          else
            lattice.step(t, alpha + (t - 1) * m, true, alpha + t * m);
        }
        if (s.steps > 0) {
          const double* const last = alpha + (s.steps - 1) * m;
          likelihood = m > 1 ? lattice.log_sum(last[m - 1], last[m - 2]) : last[0];
        }
        nll[n] = -likelihood;
        const bool dropped = a.zero_infinity && likelihood == never;
        scaled.data()[n] = dropped ? T(0) : T(nll[n] * factor(a, s));
      }
    });
    if (a.reduction == LossReduction::none)
      std::copy_n(scaled.data(), a.batch, loss);
    else
      *loss = row_sum(a.batch, scaled.data());
  });
}

// d loss / d log_probs[t][c] = - sum over the states s of label c of exp(alpha + beta - log_probs[t][c] +
// nll); args: log_probs, targets, input_lengths, target_lengths, alpha, nll, dy (batch, or 1), dx
void ctc_bwd(const Call& call) {
  const auto& a = call.attrs<CtcAttrs>();
  const Scratch<Sample> samples(a.batch);
  for_samples(call, a, samples.data());
  visit_float(call.args[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    const double* const nll = call.arg<const double>(5);
    const T* const dy = call.arg<const T>(6);
    T* const dx = call.arg<T>(7);
    parallel_for(a.batch, call.cost, [&](int64_t begin, int64_t end) {
      for (int64_t n = begin; n < end; n++) {
        for (int64_t t = 0; t < a.steps; t++)
          std::fill_n(dx + (t * a.batch + n) * a.classes, a.classes, T(0));
        const Sample& s = samples.data()[n];
        if (nll[n] == -never) continue;
        Lattice<T> lattice(call, a, s);
        const int64_t m = s.states();
        const double* const alpha = call.arg<const double>(4) + s.first_state;
        const double d = double(dy[a.reduction == LossReduction::none ? n : 0]) * factor(a, s);
        const Scratch<double> rows(3 * m);
        double *beta = rows.data(), *after = beta + m, *const share = after + m;
        for (int64_t t = s.steps - 1; t >= 0; t--) {
          if (t % block == block - 1 && interrupted()) return;
          if (t == s.steps - 1)
            lattice.edge(t, false, beta);
          else
            lattice.step(t, after, false, beta);
          for (int64_t i = 0; i < m; i++)
            share[i] = alpha[t * m + i] + beta[i] - lattice.log_prob(t, lattice.label(i)) + nll[n];
          Lattice<T>::template map<formulas::Exp>(m, share);
          T* const row = dx + (t * a.batch + n) * a.classes;
          for (int64_t i = 0; i < m; i++) row[lattice.label(i)] -= T(d * share[i]);
          std::swap(beta, after);
        }
      }
    });
  });
}

}  // namespace nncore::cpu
