// Rows of windows of pooling, and weighted sums of rows.
#include "check.h"

namespace nncore::test {
namespace {

struct Windows {
  int64_t outputs, columns, stride, dilation;
  int64_t width() const { return (outputs - 1) * stride + (columns - 1) * dilation + 1; }
};

template <class T>
void run_forward(const PoolKernels<T>& level, const Windows& w, Kind kind, const std::string& label,
                 Log& log) {
  using Int = typename PoolInt<T>::Type;
  Buffer<T> above(w.width()), below(w.width()), divisor(w.outputs), y(w.outputs);
  fill(above, 1, kind), fill(below, 2, kind), fill(divisor, 3, Kind::positive);
  Buffer<Int> first(w.outputs), index(w.outputs);
  const T* const row[] = {above.data(), below.data()};
  const Int position[] = {5, 1000};
  const PoolRow<T> windows = {2, row, position, w.columns, w.stride, w.dilation, w.outputs};
  level.max(windows, first.data(), y.data(), index.data());
  log.add("pool.max", label, y);
  log.add("pool.max.index", label, index);
  level.max(windows, nullptr, y.data(), nullptr);
  log.add("pool.max", label + " without index", y);
  level.mean(windows, T(2), divisor.data(), y.data());
  log.add("pool.mean", label, y);
}

template <class T>
void run_backward(const PoolKernels<T>& level, const Windows& w, Kind kind, const std::string& label,
                  Log& log) {
  constexpr int64_t padding = 1;
  const int64_t margin = w.columns + pool_margin, width = w.width();
  Buffer<T> dy(w.outputs), divisor(w.outputs), above(width), below(width);
  Buffer<T> terms(w.outputs + 2 * margin), sums(padding + width + w.stride * pool_margin);
  fill(dy, 1, kind), fill(divisor, 2, Kind::positive), fill(above, 3, kind), fill(below, 4, kind);
  T* const row[] = {above.data(), below.data()};
  level.mean_bwd({2, row, w.columns, w.stride, padding, w.outputs, width, dy.data(), T(2), divisor.data(),
                  terms.data() + margin, sums.data()});
  log.add("pool.mean_bwd", label, above);
  log.add("pool.mean_bwd", label + " second row", below);
}

template <class T>
void run_weighted(const PoolKernels<T>& level, int64_t n, Kind kind, const std::string& label, Log& log) {
  Buffer<T> above(n), below(n), y(n);
  fill(above, 1, kind), fill(below, 2, kind);
  const T* const row[] = {above.data(), below.data(), above.data(), below.data()};
  const T weight[] = {T(-0.1), T(0.6), T(0.7), T(-0.2)};
  for (const int64_t rows : {1, 2, 4}) {
    level.blend(rows, row, weight, n, y.data());
    log.add("pool.blend", label + name(" rows=%d", int(rows)), y);
  }
  level.add_weighted(n, weight[1], above.data(), y.data());
  log.add("pool.add_weighted", label, y);
}

}  // namespace

template <class T>
void run_pool(const LevelKernels<T>& level, Log& log) {
  for (const int64_t outputs : {1, 3, 7, 8, 9, 16, 31, 64})
    for (const int64_t columns : {1, 2, 3, 4, 7})
      for (const int64_t stride : {1, 2, 3})
        for (const int64_t dilation : {1, 2})
          for (const Kind kind : {Kind::plain, Kind::wild}) {
            const Windows w = {outputs, columns, stride, dilation};
            const std::string label = name("outputs=%d columns=%d stride=%d dilation=%d kind=%d",
                                           int(outputs), int(columns), int(stride), int(dilation), int(kind));
            run_forward(level.pool, w, kind, label, log);
            if (dilation == 1) run_backward(level.pool, w, kind, label, log);
          }
  for (const int64_t n : {1, 3, 7, 8, 9, 16, 31, 64})
    for (const Kind kind : {Kind::plain, Kind::wild})
      run_weighted(level.pool, n, kind, name("n=%d kind=%d", int(n), int(kind)), log);
}

template void run_pool(const LevelKernels<float>&, Log&);
template void run_pool(const LevelKernels<double>&, Log&);

}  // namespace nncore::test
