#include "../ops/index.h"

#include "../ops/create.h"
#include "../ops/elementwise.h"
#include "../ops/shape.h"
#include "module.h"

namespace nncore::bind {

namespace {

// A tensor of one dtype from a tensor or a number.
Tensor as_source(const Tensor& x, py::handle value) {
  if (tensor_of(value.ptr())) return py::cast<Tensor>(value);
  if (!is_floating(x.dtype()) && is_whole(value))
    return ops::full_integer({}, to_whole(value, "scatter"), x.dtype(), x.device());
  return ops::full({}, to_real(value, "scatter"), x.dtype(), x.device());
}

Tensor scatter(const Tensor& x, int64_t dim, const Tensor& index, const py::object& src,
               const py::object& value) {
  check<TypeError>(src.is_none() != value.is_none(), "scatter: give either src or value");
  return ops::scatter("scatter", x, dim, index, as_source(x, src.is_none() ? value : src), false);
}

Tensor masked_fill(const Tensor& x, const Tensor& mask, py::handle value) {
  if (tensor_of(value.ptr())) {
    const Tensor v = py::cast<Tensor>(value);
    check<TypeError>(mask.dtype() == DType::boolean, "masked_fill: mask is ", mask.dtype(),
                     "; expected bool, e.g. from a comparison");
    check(v.ndim() == 0, "masked_fill: value has shape ", v.shape(),
          "; expected a number or a 0-dimensional tensor, use nncore.where() for others");
    check<TypeError>(is_floating(x.dtype()) || !is_floating(v.dtype()), "masked_fill: a ", x.dtype(),
                     " tensor cannot hold values of ", v.dtype());
    const Tensor fitting = ops::converted("masked_fill", v, x.dtype());  // without history
    return ops::where(mask, v.requires_grad() ? ops::cast(v, x.dtype()) : fitting, x);
  }
  const double real = to_real(value, "masked_fill");
  check<TypeError>(is_floating(x.dtype()) || is_whole(value), "masked_fill: a ", x.dtype(),
                   " tensor cannot hold ", real);
  const int64_t whole =
      is_floating(x.dtype()) ? 0 : fitting(to_whole(value, "masked_fill"), x.dtype(), "masked_fill");
  ops::check_holds("masked_fill", x.dtype(), real);
  return ops::masked_fill(x, mask, {real, whole});
}

py::object nonzero(const Tensor& x, bool as_tuple) {
  if (as_tuple) return py::tuple(py::cast(ops::nonzero_by_axis(x)));
  return py::cast(ops::nonzero(x));
}

}  // namespace

void bind_index(py::module_& m, TensorClass& tensor) {
  bind_both(
      m, tensor, "gather", ops::gather, py::arg("dim"), py::arg("index"),
      "y[i][j][k] = input[index[i][j][k]][j][k] for dim 0, and so on.\n\nindex has as many axes as input; it "
      "may be longer than input along dim only. Raises IndexError for an index out of range.\n\n"
      ">>> nncore.gather(nncore.tensor([[1, 2], [3, 4]]), 1, nncore.tensor([[1], [0]])).tolist()\n"
      "[[2], [3]]");
  bind_both(m, tensor, "scatter", scatter, py::arg("dim"), py::arg("index"), py::arg("src") = py::none(),
            py::kw_only(), py::arg("value") = py::none(),
            "A copy of input with elements of src, or one value, written at the indices along dim. The last "
            "one wins if an index is repeated.");
  bind_both(
      m, tensor, "scatter_add",
      [](const Tensor& x, int64_t dim, const Tensor& index, const Tensor& src) {
        return ops::scatter("scatter_add", x, dim, index, src, true);
      },
      py::arg("dim"), py::arg("index"), py::arg("src"),
      "A copy of input with elements of src added at the indices along dim.");
  bind_both(m, tensor, "index_select", ops::index_select, py::arg("dim"), py::arg("index"),
            "The slices of input at a vector of indices along dim.");
  bind_both(m, tensor, "index_add", ops::index_add, py::arg("dim"), py::arg("index"), py::arg("source"),
            py::kw_only(), py::arg("alpha") = 1.0,
            "A copy of input with alpha * source added to the slices at the indices along dim.");
  bind_both(
      m, tensor, "index_copy",
      [](const Tensor& x, int64_t dim, const Tensor& index, const Tensor& source) {
        check(source.ndim() > 0 || x.ndim() == 0, "index_copy: source has shape (); use index_fill");
        return ops::index_copy("index_copy", x, dim, index, source);
      },
      py::arg("dim"), py::arg("index"), py::arg("source"),
      "A copy of input in which the slices at the indices along dim are those of source.\n\n"
      ">>> nncore.index_copy(nncore.zeros(3), 0, nncore.tensor([2]), nncore.ones(1)).tolist()\n"
      "[0.0, 0.0, 1.0]");
  bind_both(
      m, tensor, "index_fill",
      [](const Tensor& x, int64_t dim, const Tensor& index, py::handle value) {
        const Tensor v = as_source(x, value);
        check(v.ndim() == 0, "index_fill: value has shape ", v.shape(),
              "; expected a number or a 0-dimensional tensor");
        return ops::index_copy("index_fill", x, dim, index, ops::cast(v, x.dtype()));
      },
      py::arg("dim"), py::arg("index"), py::arg("value"),
      "A copy of input in which the slices at the indices along dim have one value.\n\n"
      ">>> nncore.index_fill(nncore.zeros(3), 0, nncore.tensor([0, 2]), 5).tolist()\n[5.0, 0.0, 5.0]");
  bind_both(m, tensor, "take", ops::take, py::arg("index"),
            "The elements of the flattened tensor at the given indices.");
  bind_both(m, tensor, "take_along_dim", ops::take_along_axis, py::arg("indices"),
            py::arg("dim") = py::none(),
            "Like gather, but input and indices broadcast along the other axes; for the results of argsort "
            "and argmax.");
  bind_both(m, tensor, "masked_fill", masked_fill, py::arg("mask"), py::arg("value"),
            "A copy of input with value where the mask is true; broadcast.");
  bind_both(m, tensor, "masked_select", ops::masked_select, py::arg("mask"),
            "A vector of the elements where the mask is true. Not allowed in a compiled step, because its "
            "length depends on values.");
  bind_both(m, tensor, "nonzero", nonzero, py::kw_only(), py::arg("as_tuple") = false,
            "The indices of all nonzero elements, as (count, ndim), or as one vector per axis if as_tuple. "
            "Not allowed in a compiled step.");
  m.def("one_hot", ops::one_hot, py::arg("tensor"), py::arg("num_classes") = -1,
        "An int64 tensor with a new last axis: 1 at the class of each element, 0 elsewhere.\n\nnum_classes "
        "-1 means the largest class plus 1, for which the host reads the values. Raises IndexError for a "
        "class out of range.\n\n"
        ">>> nncore._core.one_hot(nncore.tensor([2, 0]), 3).tolist()\n[[0, 0, 1], [1, 0, 0]]",
        functional);
}

}  // namespace nncore::bind
