#include "../ops/optim.h"

#include "../backend/optimizers.h"
#include "../ops/elementwise.h"
#include "../ops/shape.h"
#include "capture.h"
#include "module.h"

namespace nncore::bind {

namespace {

using Group = std::tuple<ops::Tensors, ops::Tensors, std::vector<ops::Tensors>, ops::Tensors,
                         std::vector<bool>, Tensor>;
using Additions = std::vector<std::pair<py::dict, py::dict>>;

// Runs no Python code, so that no Ctrl-C interrupts between the step and its state.
void add(const Additions& state) {
  for (const auto& [place, values] : state)
    if (PyDict_Update(place.ptr(), values.ptr()) != 0) throw py::error_already_set();
}

void optimize(int optimizer, std::vector<Group>& groups, const Additions& state) {
  std::vector<ops::OptimizerGroup> ready;
  for (auto& [params, grads, states, counts, first, settings] : groups) {
    note_settings(settings);
    ready.push_back({std::move(params), std::move(grads), std::move(states), std::move(counts),
                     std::move(first), settings});
  }
  ops::optimize(optimizer, ready);
  add(state);
}

// Writes the settings. Returns which states they need, and whether the first step differs.
std::pair<std::vector<bool>, bool> set_settings(int optimizer, const Tensor& settings,
                                                const std::vector<double>& numbers) {
  const OptimizerInfo& info = ops::info_of(optimizer);
  check(numbers.size() == info.settings.size() && settings.dtype() == DType::float64 &&
            settings.numel() == int64_t(numbers.size()),
        "set_settings: expected ", info.settings.size(), " numbers and a float64 tensor of as many, got ",
        numbers.size(), " and ", settings.numel(), " of ", settings.dtype());
  if (const char* const reason = info.refuses(numbers.data())) raise<ValueError>(reason);
  settings.device().upload(settings.data(), numbers.data(), settings.bytes());
  std::vector<bool> uses;
  for (size_t i = 0; i < info.states.size(); i++) uses.push_back(info.uses(int(i), numbers.data()));
  return {uses, info.first_differs(numbers.data())};
}

py::dict description(const OptimizerInfo& info) {
  py::list settings, states;
  for (const optimizers::Setting& s : info.settings) {
    const std::string called = s.called ? s.called : std::string(s.name) + " value";
    settings.append(py::make_tuple(s.name, called, s.least, s.below, s.flag));
  }
  const std::vector<double> zeros(info.settings.size());
  for (size_t i = 0; i < info.states.size(); i++) {
    const optimizers::State& s = info.states[i];
    const py::object source =
        s.copy_of < 0 ? py::object(py::none()) : py::str(info.states[size_t(s.copy_of)].name);
    states.append(py::make_tuple(s.name, source, info.uses(int(i), zeros.data())));
  }
  py::dict d;
  d["name"] = info.name;
  d["settings"] = settings;
  d["states"] = states;
  d["counts_steps"] = info.counts_steps;
  return d;
}

}  // namespace

void bind_optim(py::module_& m) {
  m.def(
      "optimizers",
      [] {
        py::list list;
        for (const OptimizerInfo& info : optimizer_info) list.append(description(info));
        return list;
      },
      "A description of every optimizer: its name, its settings (name, name in errors, least, below, flag), "
      "its states (name, the state whose copy it starts as, whether all settings need it) and whether it "
      "counts steps.");
  m.def("set_settings", set_settings, py::arg("optimizer"), py::arg("settings"), py::arg("numbers"),
        "Writes all settings into a float64 tensor that the kernel reads. optimizer: index in "
        "`optimizers`.\n\nReturns which of its states these settings need, and whether the first step of a "
        "parameter differs. Raises ValueError if the settings do not fit together.");
  m.def("optimize", optimize, py::arg("optimizer"), py::arg("groups"), py::arg("state"),
        "Performs one step of an optimizer on all parameters, in place. Checks everything before it changes "
        "any.\n\ngroups: "
        "tuples (params, grads, states, steps, first, settings). states has a list for each state of the "
        "optimizer, empty if the settings do not need it. state: pairs of a dict and what the step adds to "
        "it.");
  m.def(
      "scale_",
      [](const ops::Tensors& tensors, const Tensor& factor) {
        for (const Tensor& t : tensors) ops::mul_(t, ops::cast(factor, t.dtype()));
      },
      py::arg("tensors"), py::arg("factor"), "Multiplies all tensors by a tensor of one number, in place.");
}

}  // namespace nncore::bind
