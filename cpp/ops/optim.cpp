#include "optim.h"

#include "../backend/backend.h"
#include "../backend/kernels/optim.h"
#include "../core/interrupt.h"

namespace nncore::ops {

namespace {

void check_writable(const char* op, const char* name, const Tensors& list) {
  for (size_t i = 0; i < list.size(); i++)
    check(!list[i].impl()->storage->read_only(), op, ": ", name, "[", i, "] of shape ", list[i].shape(),
          " lies in the memory of a read-only array, which cannot be trained; take nncore.tensor(array), a "
          "copy");
}

// A list has one tensor like each parameter, or none at all where it is optional.
void check_list(const char* op, const char* name, const Tensors& list, const Tensors& params, bool optional) {
  if (optional && list.empty()) return;
  check(list.size() == params.size(), op, ": ", params.size(), " parameters but ", list.size(), " ", name);
  for (size_t i = 0; i < params.size(); i++) {
    check(list[i].shape() == params[i].shape(), op, ": ", name, "[", i, "] has shape ", list[i].shape(),
          " but the parameter has ", params[i].shape());
    check<TypeError>(list[i].dtype() == params[i].dtype() && is_floating(params[i].dtype()), op, ": ", name,
                     "[", i, "] is ", list[i].dtype(), " but the parameter is ", params[i].dtype(),
                     "; both must be the same of float32 and float64");
  }
}

void check_state(const char* op, const char* name, const Tensors& list, const Tensors& params,
                 bool optional) {
  check_list(op, name, list, params, optional);
  check_writable(op, name, list);
}

Tensor state(const Tensors& list, size_t i) { return list.empty() ? Tensor() : list[i]; }

}  // namespace

void sgd_(const std::vector<SgdGroup>& groups) {
  for (const SgdGroup& g : groups) {
    check_writable("sgd_", "params", g.params);
    check_list("sgd_", "grads", g.grads, g.params, false);
    check_state("sgd_", "momentum_buffers", g.buffers, g.params, true);
  }
  const Uninterrupted whole;
  for (const SgdGroup& g : groups)
    for (size_t i = 0; i < g.params.size(); i++) {
      const Tensor& p = g.params[i];
      submit(Sgd{.p = p,
                 .grad = g.grads[i],
                 .buffer = state(g.buffers, i),
                 .settings = g.hyper,
                 .n = p.numel(),
                 .nesterov = g.nesterov,
                 .maximize = g.maximize});
    }
}

void adam_(const std::vector<AdamGroup>& groups, bool decoupled) {
  for (const AdamGroup& g : groups) {
    check_writable("adam_", "params", g.params);
    check_list("adam_", "grads", g.grads, g.params, false);
    check_state("adam_", "exp_avgs", g.means, g.params, false);
    check_state("adam_", "exp_avg_sqs", g.squares, g.params, false);
    check_state("adam_", "max_exp_avg_sqs", g.max_squares, g.params, true);
    check(g.steps.size() == g.params.size(), "adam_: ", g.params.size(), " parameters but ", g.steps.size(),
          " steps");
    for (const Tensor& step : g.steps)
      check<TypeError>(step.dtype() == DType::float32 && step.numel() == 1,
                       "adam_: a step must be one float32 value, got ", step.dtype(), " of shape ",
                       step.shape());
    check_writable("adam_", "steps", g.steps);
  }
  const Uninterrupted whole;
  for (const AdamGroup& g : groups)
    for (size_t i = 0; i < g.params.size(); i++) {
      const Tensor& p = g.params[i];
      submit(Adam{.p = p,
                  .grad = g.grads[i],
                  .mean = g.means[i],
                  .square = g.squares[i],
                  .max_square = state(g.max_squares, i),
                  .step = g.steps[i],
                  .settings = g.hyper,
                  .n = p.numel(),
                  .decoupled = decoupled,
                  .maximize = g.maximize});
    }
}

}  // namespace nncore::ops
