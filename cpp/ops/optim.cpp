#include "optim.h"

#include "../backend/backend.h"
#include "cost.h"

namespace nncore::ops {

namespace {

// A state list has one tensor like each parameter, or none at all where it is optional.
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

Arg state(const Tensors& list, size_t i) { return list.empty() ? Arg{} : out(list[i]); }

}  // namespace

void sgd_(const Tensors& params, const Tensors& grads, const Tensors& buffers, const Tensor& hyper,
          bool nesterov, bool maximize) {
  check_list("sgd_", "grads", grads, params, false);
  check_list("sgd_", "momentum_buffers", buffers, params, true);
  for (size_t i = 0; i < params.size(); i++) {
    const SgdAttrs attrs = {params[i].numel(), nesterov, maximize, !buffers.empty()};
    submit(Call(Kernel::sgd, byte_cost(int64_t(5 * params[i].bytes())), attrs, out(params[i]), in(grads[i]),
                state(buffers, i), in(hyper)));
  }
}

void adam_(const Tensors& params, const Tensors& grads, const Tensors& means, const Tensors& squares,
           const Tensors& max_squares, const Tensors& steps, const Tensor& hyper, bool decoupled,
           bool maximize) {
  check_list("adam_", "grads", grads, params, false);
  check_list("adam_", "exp_avgs", means, params, false);
  check_list("adam_", "exp_avg_sqs", squares, params, false);
  check_list("adam_", "max_exp_avg_sqs", max_squares, params, true);
  check(steps.size() == params.size(), "adam_: ", params.size(), " parameters but ", steps.size(), " steps");
  for (const Tensor& step : steps)
    check<TypeError>(step.dtype() == DType::float32 && step.numel() == 1,
                     "adam_: a step must be one float32 value, got ", step.dtype(), " of shape ",
                     step.shape());
  for (size_t i = 0; i < params.size(); i++) {
    const AdamAttrs attrs = {params[i].numel(), decoupled, maximize, !max_squares.empty()};
    submit(Call(Kernel::adam, byte_cost(int64_t(7 * params[i].bytes())), attrs, out(params[i]), in(grads[i]),
                out(means[i]), out(squares[i]), state(max_squares, i), out(steps[i]), in(hyper)));
  }
}

}  // namespace nncore::ops
