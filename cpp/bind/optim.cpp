#include "../ops/optim.h"

#include "module.h"

namespace nncore::bind {

void bind_optim(py::module_& m) {
  m.def(
      "sgd_",
      [](const ops::Tensors& params, const ops::Tensors& grads, const ops::Tensors& momentum_buffers,
         double lr, double momentum, double dampening, double weight_decay, bool nesterov, bool maximize,
         const std::optional<std::vector<bool>>& first) {
        ops::sgd_(params, grads, momentum_buffers, first.value_or(std::vector<bool>()),
                  {lr, momentum, dampening, weight_decay, nesterov, maximize});
      },
      py::arg("params"), py::arg("grads"), py::arg("momentum_buffers"), py::arg("lr"), py::arg("momentum"),
      py::arg("dampening"), py::arg("weight_decay"), py::arg("nesterov"), py::arg("maximize"),
      py::arg("first"), "One step of stochastic gradient descent on all parameters, in place.");
  m.def(
      "adam_",
      [](const ops::Tensors& params, const ops::Tensors& grads, const ops::Tensors& exp_avgs,
         const ops::Tensors& exp_avg_sqs, const ops::Tensors& max_exp_avg_sqs, const ops::Tensors& steps,
         double lr, double beta1, double beta2, double eps, double weight_decay, bool decoupled,
         bool maximize) {
        ops::adam_(params, grads, exp_avgs, exp_avg_sqs, max_exp_avg_sqs, steps,
                   {lr, beta1, beta2, eps, weight_decay, decoupled, maximize});
      },
      py::arg("params"), py::arg("grads"), py::arg("exp_avgs"), py::arg("exp_avg_sqs"),
      py::arg("max_exp_avg_sqs"), py::arg("steps"), py::arg("lr"), py::arg("beta1"), py::arg("beta2"),
      py::arg("eps"), py::arg("weight_decay"), py::arg("decoupled"), py::arg("maximize"),
      "One step of Adam or AdamW on all parameters, in place.");
}

}  // namespace nncore::bind
