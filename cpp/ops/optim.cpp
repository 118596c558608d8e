#include "optim.h"

#include "../backend/backend.h"
#include "../backend/kernels/optim.h"
#include "../core/interrupt.h"
#include "composed/composed.h"
#include "create.h"

namespace nncore::ops {

namespace {

void check_writable(const char* op, const char* name, const Tensors& list) {
  for (size_t i = 0; i < list.size(); i++) ops::check_writable(op, list[i], name, "[", i, "]");
}

void check_length(const char* op, const char* name, const Tensors& list, const Tensors& params) {
  check(list.size() == params.size(), op, ": ", params.size(), " parameters but ", list.size(), " of ", name);
}

// Checks that list[i] has the shape and the dtype that its parameter needs.
void check_like(const char* op, const char* name, const Tensors& list, size_t i, const Tensor& param,
                const Shape& shape) {
  const Tensor& t = list[i];
  check(t.shape() == shape, op, ": ", name, "[", i, "] has shape ", t.shape(),
        shape == param.shape() ? " but the parameter has " : " but the parameter needs ", shape);
  check<TypeError>(t.dtype() == param.dtype() && is_floating(param.dtype()), op, ": ", name, "[", i, "] is ",
                   t.dtype(), " but the parameter is ", param.dtype(),
                   "; both must be the same of float32 and float64");
}

// Checks that each tensor is one float32 number.
void check_numbers(const char* op, const char* name, const Tensors& list, const Tensors& params) {
  check_length(op, name, list, params);
  for (const Tensor& t : list)
    check<TypeError>(t.dtype() == DType::float32 && t.numel() == 1, op, ": a ", name,
                     " must be one float32 value, got ", t.dtype(), " of shape ", t.shape());
  check_writable(op, name, list);
}

void check_state(const char* op, const optimizers::State& state, const Tensors& list, const Tensors& params) {
  if (state.extent == optimizers::Extent::number) return check_numbers(op, state.name, list, params);
  check_length(op, state.name, list, params);
  for (size_t i = 0; i < list.size(); i++) {
    const std::optional<Shape> shape = state_shape(state, params[i].shape());
    check(bool(shape) == list[i].defined(), op, ": ", state.name, "[", i, "] is ",
          shape ? "missing" : "not of use", " for a parameter of shape ", params[i].shape());
    if (!shape) continue;
    check_like(op, state.name, list, i, params[i], *shape);
    ops::check_writable(op, list[i], state.name, "[", i, "]");
  }
}

void check_group(const OptimizerInfo& info, const OptimizerGroup& g) {
  check(g.settings.dtype() == DType::float64 && g.settings.numel() == int64_t(info.settings.size()),
        info.name, ": the settings must be ", info.settings.size(), " float64 numbers, got ",
        g.settings.numel(), " of ", g.settings.dtype());
  check_writable(info.name, "params", g.params);
  check_length(info.name, "grads", g.grads, g.params);
  for (size_t i = 0; i < g.params.size(); i++)
    check_like(info.name, "grads", g.grads, i, g.params[i], g.params[i].shape());
  check(g.states.size() == info.states.size(), info.name, ": expected ", info.states.size(), " states, got ",
        g.states.size());
  for (size_t i = 0; i < g.states.size(); i++)
    if (!g.states[i].empty()) check_state(info.name, info.states[i], g.states[i], g.params);
  if (info.counts_steps) check_numbers(info.name, "step", g.counts, g.params);
  check(g.first.empty() || g.first.size() == g.params.size(), info.name, ": ", g.params.size(),
        " parameters but ", g.first.size(), " of first");
}

}  // namespace

const OptimizerInfo& info_of(int optimizer) {
  check(optimizer >= 0 && size_t(optimizer) < optimizer_info.size(), "optimize: optimizer ", optimizer,
        " is out of range; there are ", optimizer_info.size());
  return optimizer_info[size_t(optimizer)];
}

std::optional<Shape> state_shape(const optimizers::State& state, const Shape& shape) {
  using optimizers::Extent;
  const int axes = shape.ndim();
  if (state.extent == Extent::number) return Shape{};
  if (state.extent == Extent::whole) return shape;
  if ((state.extent == Extent::vector) != (axes < 2)) return std::nullopt;
  Shape found = shape;
  if (state.extent == Extent::column) found[axes - 1] = 1;
  if (state.extent == Extent::row) found[axes - 2] = 1;
  return found;
}

void optimize(int optimizer, const std::vector<OptimizerGroup>& groups) {
  const OptimizerInfo& info = info_of(optimizer);
  for (const OptimizerGroup& g : groups) check_group(info, g);
  const Uninterrupted whole;
  for (const OptimizerGroup& g : groups)
    for (size_t i = 0; i < g.params.size(); i++) {
      if (optimizer >= OptimizerOps::size || !runs<OptimizerStep>(g.params[i])) {
        composed::optimizer_step(optimizer, g, i);
        continue;
      }
      OptimizerStep step{.p = g.params[i],
                         .grad = g.grads[i],
                         .settings = g.settings,
                         .n = g.params[i].numel(),
                         .optimizer = optimizer,
                         .first = !g.first.empty() && g.first[i]};
      for (size_t k = 0; k < g.states.size(); k++)
        if (!g.states[k].empty()) step.states[k] = g.states[k][i];
      if (info.counts_steps) step.count = g.counts[i];
      submit(step);
    }
}

}  // namespace nncore::ops
