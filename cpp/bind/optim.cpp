#include "../ops/optim.h"

#include "../ops/elementwise.h"
#include "../ops/shape.h"
#include "module.h"
#include "settings.h"

namespace nncore::bind {

namespace {

using Group = Held<Settings>;
using SgdArguments = std::tuple<ops::Tensors, ops::Tensors, ops::Tensors, Group>;
using AdamArguments =
    std::tuple<ops::Tensors, ops::Tensors, ops::Tensors, ops::Tensors, ops::Tensors, ops::Tensors, Group>;

// The settings as they are now.
Settings& current(const Group& group, int64_t numbers, size_t flags) {
  Settings& settings = *group.get();
  settings.expect(numbers, flags);
  settings.refresh();
  note_settings(settings);
  return settings;
}

using Additions = std::vector<std::pair<py::dict, py::dict>>;

// Python runs no code of its own meanwhile, so that no Ctrl-C comes between the step and its state.
void add(const Additions& state) {
  for (const auto& [place, values] : state)
    if (PyDict_Update(place.ptr(), values.ptr()) != 0) throw py::error_already_set();
}

}  // namespace

void bind_optim(py::module_& m) {
  m.def(
      "sgd_",
      [](std::vector<SgdArguments> groups, const Additions& state) {
        std::vector<ops::SgdGroup> ready;
        for (auto& [params, grads, buffers, group] : groups) {
          const Settings& s = current(group, 5, 3);
          ready.push_back(
              {std::move(params), std::move(grads), std::move(buffers), s.values(), s.flag(0), s.flag(1)});
        }
        ops::sgd_(ready);
        add(state);
      },
      py::arg("groups"), py::arg("state"),
      "One step of stochastic gradient descent on all parameters, in place, or an error before any "
      "changes.\n\ngroups: tuples (params, grads, momentum_buffers, settings), with the settings lr, "
      "momentum, dampening, weight_decay, first (0 or 1) and the flags nesterov, maximize, momentum. state: "
      "pairs "
      "of a dict and what the step adds to it.");
  m.def(
      "adam_",
      [](std::vector<AdamArguments> groups, const Additions& state, bool decoupled) {
        std::vector<ops::AdamGroup> ready;
        for (auto& [params, grads, means, squares, max_squares, steps, group] : groups) {
          const Settings& s = current(group, 5, 2);
          ready.push_back({std::move(params), std::move(grads), std::move(means), std::move(squares),
                           std::move(max_squares), std::move(steps), s.values(), s.flag(0)});
        }
        ops::adam_(ready, decoupled);
        add(state);
      },
      py::arg("groups"), py::arg("state"), py::arg("decoupled"),
      "One step of Adam or AdamW on all parameters, in place, or an error before any changes.\n\ngroups: "
      "tuples (params, grads, exp_avgs, exp_avg_sqs, max_exp_avg_sqs, steps, settings), with the settings "
      "lr, beta1, beta2, eps, weight_decay and the flags maximize, amsgrad. state: pairs of a dict and what "
      "the step adds to it.");
  m.def(
      "scale_",
      [](const ops::Tensors& tensors, const Tensor& factor) {
        for (const Tensor& t : tensors) ops::mul_(t, ops::cast(factor, t.dtype()));
      },
      py::arg("tensors"), py::arg("factor"), "Multiplies all tensors by a tensor of one number, in place.");
}

}  // namespace nncore::bind
