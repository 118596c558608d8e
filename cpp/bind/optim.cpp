#include "../ops/optim.h"

#include "../backend/optimizers.h"
#include "../ops/elementwise.h"
#include "../ops/shape.h"
#include "capture.h"
#include "module.h"

namespace nncore::bind {

namespace {

using Group = std::tuple<ops::Tensors, ops::Tensors, std::vector<std::vector<std::optional<Tensor>>>,
                         ops::Tensors, std::vector<bool>, Tensor, std::vector<double>>;
using Additions = std::vector<std::pair<py::dict, py::dict>>;

// Runs no Python code, so that no Ctrl-C interrupts between the step and its state.
void add(const Additions& state) {
  for (const auto& [place, values] : state)
    if (PyDict_Update(place.ptr(), values.ptr()) != 0) throw py::error_already_set();
}

void optimize(int optimizer, std::vector<Group>& groups, const Additions& state) {
  std::vector<ops::OptimizerGroup> ready;
  for (auto& [params, grads, states, counts, first, settings, fixed] : groups) {
    note_settings(settings);
    ready.push_back({std::move(params),
                     std::move(grads),
                     {},
                     std::move(counts),
                     std::move(first),
                     settings,
                     std::move(fixed)});
    for (const auto& list : states) {
      ops::Tensors& present = ready.back().states.emplace_back();
      for (const std::optional<Tensor>& state : list) present.push_back(state.value_or(Tensor()));
    }
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
    py::dict setting;
    setting["name"] = s.name;
    setting["text"] = s.text ? s.text : "Invalid " + std::string(s.name) + " value";
    setting["least"] = s.least;
    setting["below"] = s.below;
    setting["flag"] = s.flag;
    setting["fixed"] = s.fixed;
    setting["none"] = s.none == s.none ? py::object(py::float_(s.none)) : py::none();
    setting["choices"] = s.choices ? py::str(s.choices).attr("split")() : py::object(py::list());
    settings.append(setting);
  }
  const std::vector<double> zeros(info.settings.size());
  for (size_t i = 0; i < info.states.size(); i++) {
    const optimizers::State& s = info.states[i];
    py::dict state;
    state["name"] = s.name;
    state["start"] = s.start;
    state["copy_of"] = s.copy_of < 0 ? py::object(py::none()) : py::str(info.states[size_t(s.copy_of)].name);
    state["setting"] =
        s.setting < 0 ? py::object(py::none()) : py::str(info.settings[size_t(s.setting)].name);
    state["always"] = info.uses(int(i), zeros.data());
    state["number"] = s.extent == optimizers::Extent::number;
    state["of_all"] = s.extent <= optimizers::Extent::number;
    states.append(state);
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
      "A description of every optimizer: its name, its settings, its states and whether it counts steps; "
      "see cpp/backend/formulas_optim.h.");
  m.def(
      "state_shape",
      [](int optimizer, size_t state, const Tensor& param) {
        return ops::state_shape(ops::info_of(optimizer).states[state], param.shape());
      },
      py::arg("optimizer"), py::arg("state"), py::arg("param"),
      "The shape of a state of a parameter; None if the parameter does not have it.");
  m.def("set_settings", set_settings, py::arg("optimizer"), py::arg("settings"), py::arg("numbers"),
        "Writes all settings into a float64 tensor that the kernel reads. optimizer: index in "
        "`optimizers`.\n\nReturns which of its states these settings need, and whether the first step of a "
        "parameter differs. Raises ValueError if the settings do not fit together.");
  m.def("optimize", optimize, py::arg("optimizer"), py::arg("groups"), py::arg("state"),
        "Performs one step of an optimizer on all parameters, in place. Checks everything before it changes "
        "any.\n\ngroups: "
        "tuples (params, grads, states, steps, first, settings, fixed). states has a list for each state of "
        "the optimizer, empty if the settings do not need it; None stands for a state that the parameter "
        "does not have. state: pairs of a dict and what the step adds to it.");
  m.def(
      "scale_",
      [](const ops::Tensors& tensors, const Tensor& factor) {
        for (const Tensor& t : tensors) ops::mul_(t, ops::cast(factor, t.dtype()));
      },
      py::arg("tensors"), py::arg("factor"), "Multiplies all tensors by a tensor of one number, in place.");
}

}  // namespace nncore::bind
