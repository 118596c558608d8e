// Norms, losses per element, dropout.
#include "check.h"

namespace nncore {
#include "backend/formulas.h"
//
#include "backend/formulas_loss.h"
}  // namespace nncore

namespace nncore::test {
namespace {

constexpr const char* kinds[] = {"layer", "rms", "l2"};

template <class T>
void run_norm(const NormKernels<T>& level, Log& log) {
  for (const int64_t n : {1, 2, 7, 16, 17, 33, 64, 100, 255, 4100})
    for (const int64_t rows : {1, 3, 6})
      for (int kind = 0; kind < 3; kind++)
        for (const bool all : {false, true}) {
          Buffer<T> x(rows * n), r(rows * n), w(n), b(n), sum(rows * n), y(rows * n), mean(rows), rstd(rows),
              rest(rows);
          Buffer<T> dx(rows * n), dw(n), db(n);
          fill(x, uint64_t(n), Kind::plain);
          fill(r, 2, Kind::plain);
          fill(w, 3, Kind::plain);
          fill(b, 4, Kind::plain);
          const std::string label = name("%s rows=%d n=%d all=%d", kinds[kind], int(rows), int(n), all);
          level.fwd[kind]({rows, n, x.data(), all ? r.data() : nullptr, all ? w.data() : nullptr,
                           all ? b.data() : nullptr, T(1e-5), false, sum.data(), y.data(), mean.data(),
                           rstd.data(), rest.data()});
          log.add("norm.fwd.y", label, y);
          log.add("norm.fwd.sum", label, sum);
          log.add("norm.fwd.mean", label, mean);
          log.add("norm.fwd.rstd", label, rstd);
          log.add("norm.fwd.rest", label, rest);
          level.bwd[kind]({rows, n, x.data(), all ? w.data() : nullptr, mean.data(), rstd.data(), rest.data(),
                           r.data(), all ? y.data() : nullptr, T(1e-5), false, dx.data(),
                           all ? dw.data() : nullptr, all ? db.data() : nullptr});
          log.add("norm.bwd.dx", label, dx);
          log.add("norm.bwd.dw", label, dw);
          log.add("norm.bwd.db", label, db);
        }
  for (const Kind kind : {Kind::plain, Kind::wild})
    for (const int64_t n : sizes) {
      if (n == 0) continue;
      Buffer<T> x(n), dy(n), y(n), few(7);
      fill(x, uint64_t(n), kind);
      fill(dy, 7, kind);
      const std::string label = name("n=%d kind=%d", int(n), int(kind));
      const T s = T(0.75), t = T(-1.25);
      level.moments(n, x.data(), T(1e-5), few.data(), few.data() + 1, few.data() + 2);
      level.sums(n, x.data(), s, dy.data(), few.data() + 3);
      level.spread(n, x.data(), s, few.data() + 5);
      log.add("norm.moments, sums, spread", label, few);
      level.affine(n, x.data(), s, t, T(2), y.data());
      log.add("norm.affine", label, y);
      level.affine_bwd(n, x.data(), s, dy.data(), t, T(2), T(3), y.data());
      log.add("norm.affine_bwd", label, y);
      Buffer<T> rows(3 * n), to(n);
      fill(rows, 11, kind);
      const T* const means = rows.data();
      level.affine_row(n, x.data(), means, dy.data(), means + n, to.data());
      log.add("norm.affine_row", label, to);
      level.affine_row_bwd(n, x.data(), means, dy.data(), means + n, means + 2 * n, x.data(), to.data());
      log.add("norm.affine_row_bwd", label, to);
      level.dot_columns(3, n / 3, n / 3, x.data(), means, dy.data(), to.data());
      log.add("norm.dot_columns", label, to);
    }
}

template <class T, class... Ops>
void run_pointwise(const PointwiseKernels<T>& level, Log& log, OpList<Ops...>) {
  const char* const names[] = {Ops::name...};
  const T scalars[] = {T(0.75), T(0.25)};
  for (int op = 0; op < int(sizeof...(Ops)); op++)
    for (const Kind kind : {Kind::plain, Kind::positive, Kind::wild})
      for (const int64_t n : sizes) {
        Buffer<T> a(n), b(n), c(n), w(n), y(n);
        fill(a, uint64_t(op * 2000 + n), kind);
        fill(b, uint64_t(op * 2000 + n + 1000), kind);
        fill(c, 5, Kind::positive);
        fill(w, 6, Kind::plain);
        const std::string label = name("n=%d kind=%d", int(n), int(kind));
        level.fwd[op](n, a.data(), b.data(), c.data(), w.data(), scalars, y.data());
        log.add(std::string("loss.fwd.") + names[op], label, y);
        for (int k = 0; k < 3; k++) {
          if (!level.bwd[op][k]) continue;
          level.bwd[op][k](n, a.data(), b.data(), nullptr, w.data(), n % 2 ? c.data() : nullptr, T(0.5),
                           scalars, y.data());
          log.add(std::string("loss.bwd.") + names[op], label + char('0' + k), y);
        }
      }
}

template <class T>
void run_random(const RandomKernels<T>& level, Log& log) {
  for (const int64_t n : sizes)
    for (const double p : {0.0, 0.3, 1.0}) {
      Buffer<T> x(n), y(n);
      fill(x, uint64_t(n), Kind::plain);
      const std::string label = name("n=%d p=%g", int(n), p);
      level.dropout(n, 64, 0x123456789abcdefu, 0xfffffffeu, p, x.data(), T(1.5), T(0.25), T(-2), y.data());
      log.add("random.dropout", label, y);
    }
}

}  // namespace

template <class T>
void run_layers(const LevelKernels<T>& level, Log& log) {
  run_norm(level.norm, log);
  run_pointwise(level.pointwise, log, LossOps());
  run_random(level.random, log);
}
template void run_layers<float>(const LevelKernels<float>&, Log&);
template void run_layers<double>(const LevelKernels<double>&, Log&);

}  // namespace nncore::test
