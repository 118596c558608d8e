// Replays many steps in one call: gathers each batch, runs the step and stores its results.
#include <chrono>
#include <cstring>

#include "../ops/index.h"
#include "interpreter.h"
#include "plan.h"

namespace nncore::bind {

namespace {

// Checks for Ctrl-C and reports the number of steps to the caller, about every 50 ms.
class Watchman {
 public:
  explicit Watchman(py::object progress) : progress_(std::move(progress)) {}
  void look(int64_t steps) {
    const auto now = Clock::now();
    if (now < next_) return;
    next_ = now + std::chrono::milliseconds(50);
    if (PyErr_CheckSignals() != 0) throw py::error_already_set();
    if (!progress_.is_none()) call_python(progress_, py::make_tuple(steps));
  }

 private:
  using Clock = std::chrono::steady_clock;
  py::object progress_;
  Clock::time_point next_ = Clock::now() + std::chrono::milliseconds(50);
};

// Calls f() for one step. If it fails, first reports the number of completed steps to `progress`.
template <class F>
auto with_progress(int64_t done, const py::object& progress, F&& f) {
  try {
    return f();
  } catch (...) {
    if (!progress.is_none()) progress(done);
    throw;
  }
}

}  // namespace

int64_t Step::replay_epoch(const std::vector<Tensor>& sources, const Tensor& order, int64_t size,
                           int64_t first, int64_t steps, const std::vector<Tensor>& sinks,
                           const py::object& progress) {
  check(order.dtype() == DType::int64 && size > 0 && first >= 0 && steps >= 0 &&
            order.numel() > (first + steps - 1) * size,
        "run_epoch: the order has ", order.numel(), " rows of ", order.dtype(), ", too few for ",
        first + steps, " batches of ", size);
  Watchman watchman(progress);
  std::vector<Tensor> inputs(sources.size());
  for (int64_t step = first; step < first + steps; step++) {
    const Tensor rows(order.impl()->storage,
                      order.impl()->byte_offset + step * size * int64_t(sizeof(int64_t)),
                      {std::min(size, order.numel() - step * size)}, DType::int64);
    const auto results = with_progress(step, progress, [&]() -> std::optional<std::vector<Tensor>> {
      for (size_t i = 0; i < inputs.size(); i++) inputs[i] = ops::index_select(sources[i], 0, rows);
      for (const Held<Plan>& plan : std::vector(recent)) {
        if (plan->takes_only_tensors() && plan->ready(inputs)) {
          replays++;
          prefer(plan);
          return plan->replay(inputs);
        }
        if (plan->is_due()) break;
      }
      return std::nullopt;
    });
    if (!results) return step - first;
    for (size_t i = 0; i < results->size() && i < sinks.size(); i++) {
      if (!sinks[i].defined()) continue;
      const Tensor& result = (*results)[i];
      const size_t bytes = result.bytes();
      check(sinks[i].bytes() >= size_t(step + 1) * bytes, "run_epoch: there is no room for result ", i,
            " of step ", step);
      result.device().download(sinks[i].ptr<std::byte>() + size_t(step) * bytes, result.data(), bytes);
    }
    watchman.look(step + 1);
  }
  return steps;
}

}  // namespace nncore::bind
