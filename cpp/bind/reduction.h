// The argument `reduction` of losses.
#pragma once
#include "../backend/kernels/loss_reduction.h"
#include "module.h"

namespace nncore::bind {

// Two arguments in PyTorch's signatures that `reduction` replaced. They accept only None.
inline py::arg_v size_average() { return py::arg("size_average") = py::none(); }
inline py::arg_v reduce() { return py::arg("reduce") = py::none(); }
inline py::arg_v reduction() { return py::arg("reduction") = "mean"; }

inline LossReduction reduction_of(const char* op, const std::string& name) {
  if (name == "none") return LossReduction::none;
  if (name == "mean") return LossReduction::mean;
  if (name == "sum") return LossReduction::sum;
  raise<ValueError>(op, ": reduction is '", name, "'; expected 'none', 'mean' or 'sum'");
}
inline LossReduction reduction_of(const char* op, const py::object& size_average, const py::object& reduce,
                                  const std::string& name) {
  check<TypeError>(size_average.is_none() && reduce.is_none(), op,
                   ": size_average and reduce were removed; use reduction='none', 'mean' or 'sum'");
  return reduction_of(op, name);
}

}  // namespace nncore::bind
