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

// Checks that the list has one tensor per parameter, of its shape and dtype.
void check_list(const char* op, const char* name, const Tensors& list, const Tensors& params) {
  check(list.size() == params.size(), op, ": ", params.size(), " parameters but ", list.size(), " of ", name);
  for (size_t i = 0; i < params.size(); i++) {
    check(list[i].shape() == params[i].shape(), op, ": ", name, "[", i, "] has shape ", list[i].shape(),
          " but the parameter has ", params[i].shape());
    check<TypeError>(list[i].dtype() == params[i].dtype() && is_floating(params[i].dtype()), op, ": ", name,
                     "[", i, "] is ", list[i].dtype(), " but the parameter is ", params[i].dtype(),
                     "; both must be the same of float32 and float64");
  }
}

void check_counts(const char* op, const Tensors& counts, const Tensors& params) {
  check(counts.size() == params.size(), op, ": ", params.size(), " parameters but ", counts.size(),
        " of step");
  for (const Tensor& step : counts)
    check<TypeError>(step.dtype() == DType::float32 && step.numel() == 1, op,
                     ": a step must be one float32 value, got ", step.dtype(), " of shape ", step.shape());
  check_writable(op, "step", counts);
}

void check_group(const OptimizerInfo& info, const OptimizerGroup& g) {
  check(g.settings.dtype() == DType::float64 && g.settings.numel() == int64_t(info.settings.size()),
        info.name, ": the settings must be ", info.settings.size(), " float64 numbers, got ",
        g.settings.numel(), " of ", g.settings.dtype());
  check_writable(info.name, "params", g.params);
  check_list(info.name, "grads", g.grads, g.params);
  check(g.states.size() == info.states.size(), info.name, ": expected ", info.states.size(), " states, got ",
        g.states.size());
  for (size_t i = 0; i < g.states.size(); i++) {
    if (g.states[i].empty()) continue;
    check_list(info.name, info.states[i].name, g.states[i], g.params);
    check_writable(info.name, info.states[i].name, g.states[i]);
  }
  if (info.counts_steps) check_counts(info.name, g.counts, g.params);
  check(g.first.empty() || g.first.size() == g.params.size(), info.name, ": ", g.params.size(),
        " parameters but ", g.first.size(), " of first");
}

}  // namespace

const OptimizerInfo& info_of(int optimizer) {
  check(optimizer >= 0 && optimizer < OptimizerOps::size, "optimize: optimizer ", optimizer,
        " is out of range; there are ", OptimizerOps::size);
  return optimizer_info[size_t(optimizer)];
}

void optimize(int optimizer, const std::vector<OptimizerGroup>& groups) {
  const OptimizerInfo& info = info_of(optimizer);
  for (const OptimizerGroup& g : groups) check_group(info, g);
  const Uninterrupted whole;
  for (const OptimizerGroup& g : groups)
    for (size_t i = 0; i < g.params.size(); i++) {
      if (!runs<OptimizerStep>(g.params[i])) {
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
