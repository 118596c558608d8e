#include "../ops/optim.h"

#include "../ops/elementwise.h"
#include "module.h"
#include "settings.h"

namespace nncore::bind {

void bind_optim(py::module_& m) {
  m.def(
      "sgd_",
      [](const ops::Tensors& params, const ops::Tensors& grads, const ops::Tensors& momentum_buffers,
         Settings& settings) {
        settings.refresh();
        note_settings(settings);
        ops::sgd_(params, grads, momentum_buffers, settings.values(), settings.flag(0), settings.flag(1));
      },
      py::arg("params"), py::arg("grads"), py::arg("momentum_buffers"), py::arg("settings"),
      "One step of stochastic gradient descent on all parameters, in place.\n\nsettings: lr, momentum, "
      "dampening, weight_decay, first (0 or 1); flags nesterov, maximize, momentum.");
  m.def(
      "adam_",
      [](const ops::Tensors& params, const ops::Tensors& grads, const ops::Tensors& exp_avgs,
         const ops::Tensors& exp_avg_sqs, const ops::Tensors& max_exp_avg_sqs, const ops::Tensors& steps,
         Settings& settings, bool decoupled) {
        settings.refresh();
        note_settings(settings);
        ops::adam_(params, grads, exp_avgs, exp_avg_sqs, max_exp_avg_sqs, steps, settings.values(), decoupled,
                   settings.flag(0));
      },
      py::arg("params"), py::arg("grads"), py::arg("exp_avgs"), py::arg("exp_avg_sqs"),
      py::arg("max_exp_avg_sqs"), py::arg("steps"), py::arg("settings"), py::arg("decoupled"),
      "One step of Adam or AdamW on all parameters, in place.\n\nsettings: lr, beta1, beta2, eps, "
      "weight_decay; flags maximize, amsgrad.");
  m.def(
      "scale_",
      [](const ops::Tensors& tensors, const Tensor& factor) {
        for (const Tensor& t : tensors) ops::mul_(t, factor);
      },
      py::arg("tensors"), py::arg("factor"), "Multiplies all tensors by a tensor of one number, in place.");
}

}  // namespace nncore::bind
