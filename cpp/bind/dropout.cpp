#include "../ops/dropout.h"

#include "module.h"

namespace nncore::bind {

namespace {

using Drop = Tensor (*)(const char*, const Tensor&, double, int, Generator&);

// lead: how many axes, from the first, say what falls out as one; 0: each element. training: the default,
// which PyTorch has the one way for dropout and the other for alpha dropout.
template <Drop drop>
void bind_one(py::module_& m, const char* name, int lead, bool training, const char* doc) {
  m.def(
      name,
      [name, lead](const Tensor& x, double p, bool training, bool) {
        check(p >= 0 && p <= 1, name, ": p is ", p, " but must lie between 0 and 1");
        return training ? drop(name, x, p, lead, default_generator()) : x;
      },
      py::arg("input"), py::arg("p") = 0.5, py::arg("training") = training, py::arg("inplace") = false, doc);
}

}  // namespace

void bind_dropout(py::module_& m) {
  bind_one<ops::dropout>(
      m, "dropout", 0, true,
      "Each element with probability p 0, else divided by 1 - p; as it is when not training.\n\nThe mask is "
      "never stored: backward makes it again from the random counter. Srivastava et al. 2014. Raises "
      "ValueError for p outside [0, 1].");
  bind_one<ops::dropout>(m, "dropout1d", 2, true, "dropout of whole channels of an input (N, C, ...).");
  bind_one<ops::dropout>(m, "dropout2d", 2, true, "dropout of whole channels of an input (N, C, ...).");
  bind_one<ops::dropout>(m, "dropout3d", 2, true, "dropout of whole channels of an input (N, C, ...).");
  bind_one<ops::alpha_dropout>(
      m, "alpha_dropout", 0, false,
      "dropout to SELU's lowest value that keeps mean 0 and variance 1. Klambauer et al. 2017, section 2.");
  bind_one<ops::alpha_dropout>(m, "feature_alpha_dropout", 2, false,
                               "alpha_dropout of whole channels of an input (N, C, ...).");
}

}  // namespace nncore::bind
