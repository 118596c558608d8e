// Many replays in one call: a batch is gathered, the step runs, its numbers are kept.
#include <chrono>
#include <cstring>

#include "replay.h"

namespace nncore::bind {

namespace {

// Rows of one argument, chosen by the order of the epoch.
class Batches {
 public:
  Batches(const Tensor& source, int64_t size) : source_(source) {
    Shape shape = source.shape();
    shape[0] = size;
    batch_ = empty(shape, source.dtype());
    attrs_ = {size, source.shape()[0], source.shape().span(1, source.ndim())};
  }
  const Tensor& gather(const Tensor& order) const {
    submit(Call(Kernel::gather_rows, int64_t(2 * batch_.bytes()) / 12, attrs_, in(source_), in(order),
                out(batch_)));
    return batch_;
  }

 private:
  Tensor source_, batch_;
  GatherAttrs attrs_;
};

// Looks about every 50 ms for Ctrl-C and tells the caller how far it is.
class Watchman {
 public:
  explicit Watchman(py::object progress) : progress_(std::move(progress)) {}
  void look(int64_t steps) {
    const auto now = Clock::now();
    if (now < next_) return;
    next_ = now + std::chrono::milliseconds(50);
    if (PyErr_CheckSignals() != 0) throw py::error_already_set();
    if (!progress_.is_none()) progress_(steps);
  }

 private:
  using Clock = std::chrono::steady_clock;
  py::object progress_;
  Clock::time_point next_ = Clock::now() + std::chrono::milliseconds(50);
};

}  // namespace

// A step that fails says how many were done before it.
std::vector<Tensor> Replay::one_step(const std::vector<Tensor>& inputs, int64_t done,
                                     const py::object& progress) {
  try {
    return plan_->replay(inputs);
  } catch (...) {
    if (!progress.is_none()) progress(done);
    throw;
  }
}

int64_t Replay::run_epoch(const std::vector<Tensor>& sources, const Tensor& order, int64_t size,
                          int64_t first, int64_t steps, const std::vector<Tensor>& sinks,
                          const py::object& progress) {
  check(order.dtype() == DType::int64 && order.numel() >= (first + steps) * size, "run_epoch: the order has ",
        order.numel(), " rows of ", order.dtype(), " but ", (first + steps) * size, " of int64 are needed");
  std::vector<Batches> batches;
  for (const Tensor& source : sources) batches.emplace_back(source, size);
  Watchman watchman(progress);
  std::vector<Tensor> inputs(sources.size());
  for (int64_t step = first; step < first + steps; step++) {
    const Tensor rows(order.impl()->storage,
                      order.impl()->byte_offset + step * size * int64_t(sizeof(int64_t)), {size},
                      DType::int64);
    for (size_t i = 0; i < inputs.size(); i++) inputs[i] = batches[i].gather(rows);
    if (!ready(inputs)) return step - first;
    const std::vector<Tensor> results = one_step(inputs, step, progress);
    for (size_t i = 0; i < results.size(); i++) {
      if (!sinks[i].defined()) continue;
      const size_t bytes = results[i].bytes();
      std::memcpy(sinks[i].ptr<std::byte>() + size_t(step) * bytes, results[i].data(), bytes);
    }
    watchman.look(step + 1);
  }
  return steps;
}

}  // namespace nncore::bind
