// Connectionist temporal classification (Graves et al. 2006), in logarithms. A target of L labels has 2 L + 1
// states: blanks around and between the labels. alpha[t][s] is the log-probability of all beginnings of paths
// that are in state s after step t, beta[t][s] that of all their ends; both include the probability of step
// t. These logarithms grow with the steps and are subtracted from each other, so they are always double.
#include <algorithm>
#include <limits>

#include "../../../core/parallel.h"
#include "../../kernels/loss.h"
#include "../dispatch.h"
#include "../movement/indices.h"
#include "../reduction/reduce.h"
#include "../report.h"
#include "../scratch.h"

namespace nncore {
#include "../../elementwise_list.h"
}

namespace nncore::cpu {

namespace {

constexpr int64_t ctc_block = 16;  // steps between checks for an interrupt
constexpr double never = -std::numeric_limits<double>::infinity();

// One sample: its sizes, and the offsets of its targets and states.
struct Sample {
  int64_t n, steps, length, first_target, first_state;
  int64_t states() const { return 2 * length + 1; }
};

// Finds the samples and checks their lengths, in backward too: the lengths may have changed, and alpha has
// room for all valid ones.
template <class K>
void for_samples(const K& k, Sample* to) {
  int64_t used = 0;
  for (int64_t n = 0; n < k.batch; n++) {
    const int64_t steps = index_at(k.input_lengths, n), length = index_at(k.target_lengths, n);
    if (steps < 0 || steps > k.steps) report(k, {.position = n, .kind = bad_input_length, .value = steps});
    const int64_t room = k.width >= 0 ? k.width : k.count - used;
    if (length < 0 || length > room)
      report(k, {.position = n, .kind = bad_target_length, .value = length, .detail = room});
    const int64_t first = k.width >= 0 ? n * k.width : used;
    to[n] = {n, steps, length, first, k.steps * (2 * first + n)};
    used += length;
  }
  if (k.width < 0 && used != k.count) report(k, {.position = k.batch, .kind = bad_target_sum, .value = used});
}

template <class Op>
void map(int64_t n, double* x) {
  kernels<double>().elementwise.unary_fwd[UnaryOps::index_of<Op>](n, x, x, nullptr);
}

double log_sum(double a, double b) {
  const double top = std::max(a, b);
  if (top == never) return top;
  double e[2] = {a - top, b - top};
  map<formulas::Exp>(2, e);
  double sum = e[0] + e[1];
  map<formulas::Log>(1, &sum);
  return top + sum;
}

template <class T, class K>
class Lattice {
 public:
  Lattice(const K& k, const Sample& s)
      : k_(k), s_(s), labels_(s.states()), terms_(4 * s.states()), log_probs_(k.log_probs.template as<T>()) {
    for (int64_t i = 0; i < s.states(); i++) {
      const int64_t label = i % 2 ? index_at(k.targets, s.first_target + i / 2) : k.blank;
      if (label < 0 || label >= k.classes || (i % 2 && label == k.blank))
        report(k, {.position = s.n, .kind = bad_label, .value = label, .detail = i / 2});
      labels_.data()[i] = label;
    }
  }

  int64_t label(int64_t s) const { return labels_.data()[s]; }
  double log_prob(int64_t t, int64_t c) const {
    return double(log_probs_[(t * k_.batch + s_.n) * k_.classes + c]);
  }

  // A path may skip a blank between two different labels.
  bool skips(int64_t s) const { return s >= 2 && s % 2 && label(s) != label(s - 2); }

  // to[s] = log-probability of state s at step t, from the row of the step before (forward) or
  // after (backward).
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
  // The first row (forward) or the last row (backward).
  void edge(int64_t t, bool forward, double* to) const {
    const int64_t n = s_.states();
    std::fill_n(to, n, never);
    for (int64_t i = 0; i < std::min<int64_t>(2, n); i++) {
      const int64_t s = forward ? i : n - 1 - i;
      to[s] = log_prob(t, label(s));
    }
  }

 private:
  const K& k_;
  const Sample& s_;
  Scratch<int64_t> labels_;
  Scratch<double> terms_;
  const T* log_probs_;
};

template <class K>
double factor(const K& k, const Sample& s) {
  return k.reduction == LossReduction::mean ? 1 / double(std::max<int64_t>(1, s.length) * k.batch) : 1;
}

}  // namespace

void run(const CtcFwd& k) {
  const Scratch<Sample> samples(k.batch);
  for_samples(k, samples.data());
  visit_float(k.log_probs.dtype, [&](auto zero) {
    using T = decltype(zero);
    double* const nll = k.nll.as<double>();
    T* const loss = k.loss.as<T>();
    const Scratch<T> scaled(k.batch);
    parallel_for(k.batch, k.cost(), [&](int64_t begin, int64_t end) {
      for (int64_t n = begin; n < end; n++) {
        const Sample& s = samples.data()[n];
        Lattice<T, CtcFwd> lattice(k, s);
        const int64_t m = s.states();
        double* const alpha = k.alpha.as<double>() + s.first_state;
        double likelihood = s.length == 0 ? 0 : never;  // without steps, only the empty target is possible
        for (int64_t t = 0; t < s.steps; t++) {
          if (t % ctc_block == ctc_block - 1 && interrupted()) return;
          if (t == 0)
            lattice.edge(0, true, alpha);
          else
            lattice.step(t, alpha + (t - 1) * m, true, alpha + t * m);
        }
        if (s.steps > 0) {
          const double* const last = alpha + (s.steps - 1) * m;
          likelihood = m > 1 ? log_sum(last[m - 1], last[m - 2]) : last[0];
        }
        nll[n] = -likelihood;
        const bool dropped = k.zero_infinity && likelihood == never;
        scaled.data()[n] = dropped ? T(0) : T(nll[n] * factor(k, s));
      }
    });
    if (k.reduction == LossReduction::none)
      std::copy_n(scaled.data(), k.batch, loss);
    else
      *loss = row_sum(k.batch, scaled.data());
  });
}

// d loss / d log_probs[t][c] =
//     - sum over the states s of label c of exp(alpha + beta - log_probs[t][c] + nll)
void run(const CtcBwd& k) {
  const Scratch<Sample> samples(k.batch);
  for_samples(k, samples.data());
  visit_float(k.log_probs.dtype, [&](auto zero) {
    using T = decltype(zero);
    const double* const nll = k.nll.as<double>();
    const T* const dy = k.dy.as<T>();
    T* const dx = k.dx.as<T>();
    parallel_for(k.batch, k.cost(), [&](int64_t begin, int64_t end) {
      for (int64_t n = begin; n < end; n++) {
        for (int64_t t = 0; t < k.steps; t++)
          std::fill_n(dx + (t * k.batch + n) * k.classes, k.classes, T(0));
        const Sample& s = samples.data()[n];
        if (nll[n] == -never) continue;
        Lattice<T, CtcBwd> lattice(k, s);
        const int64_t m = s.states();
        const double* const alpha = k.alpha.as<double>() + s.first_state;
        const double d = double(dy[k.reduction == LossReduction::none ? n : 0]) * factor(k, s);
        const Scratch<double> rows(3 * m);
        double *beta = rows.data(), *after = beta + m, *const share = after + m;
        for (int64_t t = s.steps - 1; t >= 0; t--) {
          if (t % ctc_block == ctc_block - 1 && interrupted()) return;
          if (t == s.steps - 1)
            lattice.edge(t, false, beta);
          else
            lattice.step(t, after, false, beta);
          for (int64_t i = 0; i < m; i++)
            share[i] = alpha[t * m + i] + beta[i] - lattice.log_prob(t, lattice.label(i)) + nll[n];
          map<formulas::Exp>(m, share);
          T* const row = dx + (t * k.batch + n) * k.classes;
          for (int64_t i = 0; i < m; i++) row[lattice.label(i)] -= T(d * share[i]);
          std::swap(beta, after);
        }
      }
    });
  });
}

}  // namespace nncore::cpu
