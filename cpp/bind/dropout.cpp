#include "../ops/dropout.h"

#include "write.h"

namespace nncore::bind {

namespace {

using Drop = Tensor (*)(const char*, const Tensor&, double, int, Generator&);

// lead: elements with the same indices along the first `lead` axes are dropped together; 0: each on its own.
// training: the default of that argument. In PyTorch it is True for dropout and False for alpha dropout.
template <Drop drop>
void bind_one(py::module_& m, const char* name, int lead, bool training, const char* doc) {
  m.def(
      name,
      [name, lead](const Tensor& x, double p, bool training, bool inplace) {
        check(p >= 0 && p <= 1, name, ": p is ", p, " but must lie between 0 and 1");
        if (!training) return x;
        return written_if(inplace, name, x, [&] { return drop(name, x, p, lead, default_generator()); });
      },
      py::arg("input"), py::arg("p") = 0.5, py::arg("training") = training, py::arg("inplace") = false, doc);
}

}  // namespace

void bind_dropout(py::module_& m) {
  bind_one<ops::dropout>(
      m, "dropout", 0, true,
      "Sets each element to 0 with probability p and divides the others by 1 - p; returns the input if not "
      "training.\n\nThe mask is never stored: backward computes it again from the random counter. Srivastava "
      "et al. 2014. Raises ValueError for p outside [0, 1].");
  bind_one<ops::dropout>(m, "dropout1d", 2, true,
                         "Like dropout, but drops whole channels of an input (N, C, ...).");
  bind_one<ops::dropout>(m, "dropout2d", 2, true,
                         "Like dropout, but drops whole channels of an input (N, C, ...).");
  bind_one<ops::dropout>(m, "dropout3d", 2, true,
                         "Like dropout, but drops whole channels of an input (N, C, ...).");
  bind_one<ops::alpha_dropout>(m, "alpha_dropout", 0, false,
                               "Like dropout, but sets elements to SELU's lowest value and keeps mean 0 and "
                               "variance 1. Klambauer et al. 2017, section 2.");
  bind_one<ops::alpha_dropout>(m, "feature_alpha_dropout", 2, false,
                               "Like alpha_dropout, but drops whole channels of an input (N, C, ...).");
}

}  // namespace nncore::bind
