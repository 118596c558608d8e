// Reductions, rows of softmax and losses, optimizer steps.
#include "backend/optimizers.h"
#include "check.h"

namespace nncore::test {
namespace {

template <class T>
void run_reduce(const ReduceKernels<T>& level, Log& log) {
  static const char* names[] = {"sum", "prod", "max", "min"};
  for (const Kind kind : {Kind::plain, Kind::wild})
    for (const int64_t n : sizes) {
      Buffer<T> a(n), b(n), y(5);
      fill(a, uint64_t(n), kind);
      fill(b, uint64_t(n) + 1, kind);
      const std::string label = name("n=%d kind=%d", int(n), int(kind));
      for (int op = 0; op < 4; op++) y[op] = level.chunk[op](n, a.data());
      y[4] = level.dot(n, a.data(), b.data());
      log.add("reduce.chunk", label, y);
      for (const int64_t rows : {0, 1, 2, 7})
        for (int op = 0; op < 4; op++)
          for (const bool accumulate : {false, true}) {
            Buffer<T> x(rows ? (rows - 1) * (n + 3) + n : 0), columns(n);
            fill(x, uint64_t(rows), kind);
            fill(columns, 5, kind);
            name("reduce.columns rows=%d n=%d", int(rows), int(n));
            level.columns[op](rows, n, n + 3, x.data(), columns.data(), accumulate);
            log.add(std::string("reduce.columns.") + names[op],
                    name("rows=%d n=%d kind=%d accumulate=%d", int(rows), int(n), int(kind), accumulate),
                    columns);
          }
    }
}

template <class T>
void run_fold(const FoldKernels<T>& level, Log& log) {
  static const char* names[] = {"deviation", "abs", "square", "abs_pow", "exp_minus"};
  for (const Kind kind : {Kind::plain, Kind::wild})
    for (const int64_t n : sizes)
      for (int term = 0; term < 5; term++) {
        const std::string label = name("%s n=%d kind=%d", names[term], int(n), int(kind));
        const T m = T(0.75), c = T(-1.25), power = T(2.5);
        Buffer<T> x(n), ms(n), cs(n), y(1), dx(n), columns(n), block(3 * (n + 3));
        fill(x, uint64_t(n), kind);
        fill(ms, 1, Kind::plain);
        fill(cs, 2, Kind::plain);
        fill(block, 3, kind);
        y[0] = level.chunk[term](n, x.data(), m, power);
        log.add("fold.chunk", label, y);
        level.row_bwd[term](n, x.data(), &m, &power, &c, power, dx.data());
        log.add("fold.row_bwd", label, dx);
        level.column_bwd[term](n, x.data(), ms.data(), block.data(), cs.data(), power, dx.data());
        log.add("fold.column_bwd", label, dx);
        level.columns[term](3, n, n + 3, block.data(), ms.data(), power, columns.data());
        log.add("fold.columns", label, columns);
      }
}

template <class T>
void run_loss(const LossKernels<T>& level, Log& log) {
  for (const Kind kind : {Kind::plain, Kind::wild})
    for (const int64_t n : sizes) {
      Buffer<T> a(n), b(n), y(n), sums(3);
      fill(a, uint64_t(n), kind);
      fill(b, uint64_t(n) + 1, kind);
      const std::string label = name("n=%d kind=%d", int(n), int(kind));
      const T s = T(0.75), t = T(-1.25);
      if (n > 0) {
        level.rows_sums(1, n, a.data(), sums.data(), sums.data() + 1, sums.data() + 2);
        log.add("loss.rows_sums", label, sums);
        level.rows_softmax(1, n, a.data(), y.data());
        log.add("loss.rows_softmax", label, y);
      }
      level.exp_minus(n, a.data(), s, t, y.data());
      log.add("loss.exp_minus", label, y);
      level.minus(n, a.data(), s, t, y.data());
      log.add("loss.minus", label, y);
      level.scale_shift(n, a.data(), s, t, y.data());
      log.add("loss.scale_shift", label, y);
      if (n % 3 == 0)
        for (int op = 0; op < 2; op++) {
          level.rows_bwd[op](3, n / 3, a.data(), b.data(), y.data());
          log.add("loss.rows_bwd", label, y);
        }
    }
}

// Each setting is a small number, or 0 in some variants; only the states that the settings need are given.
template <class T>
void run_optim(const OptimKernels<T>& level, Log& log) {
  optimizers::Moment now = {.t = 7, .powers = {0.6, 0.9, 0.8}, .numbers = {0, 0.3, 0.7}, .first = 0};
  for (const int64_t n : sizes)
    for (size_t op = 0; op < size_t(OptimizerOps::size); op++)
      for (int variant = 0; variant < 8; variant++) {
        const OptimizerInfo& info = optimizer_info[op];
        double settings[16];
        for (size_t i = 0; i < info.settings.size(); i++)
          settings[i] = i > 0 && (variant >> i % 3 & 1) ? 0 : 0.01 * double(i + 1);
        const std::string label = name("%s n=%d variant=%d", info.name, int(n), variant);
        Buffer<T> p(n), g(n), a(n), b(n), c(n);
        fill(p, 1, Kind::plain);
        fill(g, 2, Kind::plain);
        Buffer<T>* const states[optimizers::max_states] = {&a, &b, &c};
        T* at[optimizers::max_states] = {};
        for (size_t k = 0; k < info.states.size(); k++) {
          fill(*states[k], 3 + k, Kind::positive);
          if (info.uses(int(k), settings)) at[k] = states[k]->data();
        }
        now.first = variant == 1;
        level.step[op](n, settings, &now.t, p.data(), g.data(), at);
        log.add(std::string("optim.p.") + info.name, label, p);
        for (size_t k = 0; k < info.states.size(); k++)
          log.add(std::string("optim.state.") + info.name, label, *states[k]);
      }
}

}  // namespace

template <class T>
void run_rows(const LevelKernels<T>& level, Log& log) {
  run_reduce(level.reduce, log);
  run_fold(level.fold, log);
  run_loss(level.loss, log);
  run_optim(level.optim, log);
}
template void run_rows<float>(const LevelKernels<float>&, Log&);
template void run_rows<double>(const LevelKernels<double>&, Log&);

}  // namespace nncore::test
