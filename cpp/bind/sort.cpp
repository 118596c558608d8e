#include "../ops/sort.h"

#include "module.h"

namespace nncore::bind {

namespace {

py::object sorted(const ops::Sorted& s) { return values_and_indices(s.values, s.indices); }

}  // namespace

py::object values_and_indices(const Tensor& values, const Tensor& indices) {
  static const auto* type = new py::object(  // lives as long as the process
      py::module_::import("collections")
          .attr("namedtuple")("ValuesIndices", py::make_tuple("values", "indices")));
  return (*type)(values, indices);
}

void bind_sort(py::module_& m, TensorClass& tensor) {
  bind_both(
      m, tensor, "sort",
      [](const Tensor& x, int64_t dim, bool descending, bool) {
        return sorted(ops::sort("sort", x, -1, dim, descending));
      },
      py::arg("dim") = -1, py::arg("descending") = false, py::arg("stable") = false,
      "Sorts along dim; returns (values, indices). The sort is always stable, and NaN counts as the "
      "largest.");
  bind_both(
      m, tensor, "argsort",
      [](const Tensor& x, int64_t dim, bool descending, bool) {
        return ops::sort("argsort", x.detach(), -1, dim, descending).indices;
      },
      py::arg("dim") = -1, py::arg("descending") = false, py::arg("stable") = false,
      "The indices that sort along dim.");
  bind_both(
      m, tensor, "topk",
      [](const Tensor& x, int64_t k, int64_t dim, bool largest, bool) {
        check(k >= 0, "topk: k is ", k, " but must be 0 or more");
        return sorted(ops::sort("topk", x, k, dim, largest));
      },
      py::arg("k"), py::arg("dim") = -1, py::arg("largest") = true, py::arg("sorted") = true,
      "(values, indices) of the k largest or smallest elements along dim, in order; of equal elements, the "
      "first come first.");
}

}  // namespace nncore::bind
