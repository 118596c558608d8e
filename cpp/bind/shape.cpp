#include "../ops/shape.h"

#include "write.h"

#include <array>

namespace nncore::bind {

namespace {

Tensor permute(const Tensor& x, const Shape& axes) {
  return part(x, ops::permute(x, std::span(axes.begin(), size_t(axes.ndim()))));
}

Tensor select(const Tensor& x, int64_t dim, int64_t index) {
  check<IndexError>(x.ndim() > 0, "select: a 0-dimensional tensor has no axes");
  const int at = normalize_axis("select", dim, x.ndim());
  const int64_t size = x.shape()[at];
  check<IndexError>(index >= -size && index < size, "select: index ", index, " is out of range for axis ", at,
                    " of size ", size);
  std::array<ops::Slice, Shape::max_ndim> slices;
  Shape shape;
  for (int d = 0; d < x.ndim(); d++) {
    slices[size_t(d)] = {0, 1, x.shape()[d]};
    if (d != at) shape.push_back(x.shape()[d]);
  }
  slices[size_t(at)] = {index < 0 ? index + size : index, 1, 1};
  return part(x, ops::reshape(ops::slice(x, slices), shape));
}

// The same bytes as elements of another dtype of the same size.
Tensor reinterpreted(const Tensor& x, DType dtype) {
  check(size_of(dtype) == size_of(x.dtype()), "view: ", dtype, " and ", x.dtype(),
        " have elements of different sizes; use .to() to convert the values");
  check<TypeError>((dtype == DType::boolean) == (x.dtype() == DType::boolean), "view: the bytes of ",
                   x.dtype(), " are not values of ", dtype, "; use .to() to convert");
  return Tensor(x.impl()->storage, x.impl()->byte_offset, x.shape(), dtype);
}

}  // namespace

void bind_shape(py::module_& m, TensorClass& tensor) {
  tensor.def(
      "reshape",
      [](const Tensor& x, const py::args& sizes, const std::optional<Shape>& shape) {
        return ops::reshape(x, to_shape(sizes, shape, "shape"));
      },
      py::arg("shape") = py::none(),
      "The same elements in row-major order in another shape; one size may be -1.");
  tensor.def(
      "view", [](const Tensor& x, DType dtype) { return reinterpreted(x, dtype); }, py::arg("dtype"),
      "The same bytes as elements of another dtype of the same size, without history.");
  tensor.def(
      "view",
      [](const Tensor& x, const py::args& sizes, const std::optional<Shape>& size) {
        return ops::reshape(x, to_shape(sizes, size, "size"));
      },
      py::arg("size") = py::none(), "The same as reshape, because tensors are always dense.");
  tensor.def(
      "permute",
      [](const Tensor& x, const py::args& axes, const std::optional<Shape>& dims) {
        return permute(x, to_shape(axes, dims, "dims"));
      },
      py::arg("dims") = py::none(), "Puts the axes in the given order.");
  tensor.def(
      "expand",
      [](const Tensor& x, const py::args& sizes, const std::optional<Shape>& size) {
        return part(x, ops::expand(x, to_shape(sizes, size, "size")));
      },
      py::arg("size") = py::none(), "Broadcasts the tensor to the given sizes; -1 keeps a size.");
  tensor.def_property_readonly(
      "T",
      [](const Tensor& x) {
        if (x.ndim() < 2) return x;
        std::vector<int64_t> order;
        for (int i = x.ndim(); i-- > 0;) order.push_back(i);
        return part(x, ops::permute(x, order));
      },
      "Reverses the order of the axes: the transpose of a matrix; a vector is unchanged.");

  const auto both = [&](const char* name, auto f, const auto&... extra) {
    m.def(name, f, py::arg("input"), extra...);
    tensor.def(name, f, extra...);
  };
  m.def(
      "reshape", [](const Tensor& x, const Shape& shape) { return ops::reshape(x, shape); }, py::arg("input"),
      py::arg("shape"), "The same elements in row-major order in another shape; one size may be -1.");
  m.def("permute", permute, py::arg("input"), py::arg("dims"), "Puts the axes in the given order.");
  both(
      "t",
      [](const Tensor& x) {
        check(x.ndim() <= 2, "t: expected a matrix or a vector, got shape ", x.shape(), "; use permute()");
        return x.ndim() < 2 ? x : part(x, ops::transpose(x, 0, 1));
      },
      "The transpose of a matrix; a vector is unchanged.");
  tensor.def(
      "contiguous", [](const Tensor& x) { return x; },
      "The tensor itself, because tensors are always dense and row-major.");
  tensor.def(
      "is_contiguous", [](const Tensor&) { return true; },
      "True, because tensors are always dense and row-major.");
  both(
      "transpose", [](const Tensor& x, int64_t a, int64_t b) { return part(x, ops::transpose(x, a, b)); },
      py::arg("dim0"), py::arg("dim1"), "Exchanges two axes.");
  both(
      "squeeze",
      [](const Tensor& x, const std::optional<Axes>& dim) {
        return ops::squeeze(x, dim ? std::optional(std::span<const int64_t>(dim->list)) : std::nullopt);
      },
      py::arg("dim") = py::none(), "Removes the axes of size 1; with dim, only those in dim.");
  both("unsqueeze", ops::unsqueeze, py::arg("dim"), "Inserts an axis of size 1 at dim.");
  both("clone", ops::clone, "A copy in new memory.");
  both(
      "ravel", [](const Tensor& x) { return ops::reshape(x, {x.numel()}); },
      "The elements in row-major order, as a vector.");
  both("select", select, py::arg("dim"), py::arg("index"),
       "The slice at one index along dim, without that axis.\n\n"
       ">>> nncore.tensor([[1, 2], [3, 4]]).select(1, -1).tolist()\n[2, 4]");
  both("flatten", ops::flatten, py::arg("start_dim") = 0, py::arg("end_dim") = -1,
       "Merges axes start_dim to end_dim into one.");
  m.def(
      "cat", [](const std::vector<Tensor>& tensors, int64_t dim) { return ops::cat(tensors, dim); },
      py::arg("tensors"), py::arg("dim") = 0, "Joins tensors along an existing axis.");
  m.def(
      "stack", [](const std::vector<Tensor>& tensors, int64_t dim) { return ops::stack(tensors, dim); },
      py::arg("tensors"), py::arg("dim") = 0, "Joins tensors of the same shape along a new axis.");
}

}  // namespace nncore::bind
