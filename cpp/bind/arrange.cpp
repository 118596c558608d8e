// Binds the ops that split, pad, repeat and flip tensors and take diagonals.
#include "../ops/arrange.h"

#include <pybind11/typing.h>
#include "../ops/index.h"
#include "../ops/shape.h"

#include "write.h"

namespace nncore::bind {

namespace {

using Parts = py::typing::Tuple<Tensor, py::ellipsis>;

std::vector<int64_t> to_list(const Shape& s) { return {s.begin(), s.end()}; }

Parts to_tuple(const Tensor& x, const std::vector<Tensor>& parts) {
  Parts t = py::tuple(parts.size());
  for (size_t i = 0; i < parts.size(); i++) t[i] = py::cast(part(x, parts[i]));
  return t;
}

Parts split(const Tensor& x, py::handle sizes, int64_t dim) {
  if (is_int(sizes)) return to_tuple(x, ops::split(x, to_int(sizes, "split"), dim));
  check<TypeError>(py::isinstance<py::sequence>(sizes), "split: expected an int or a sequence of ints, got ",
                   Py_TYPE(sizes.ptr())->tp_name);
  std::vector<int64_t> list;
  for (const py::object size : py::reinterpret_borrow<py::sequence>(sizes))
    list.push_back(to_int(size, "split"));
  return to_tuple(x, ops::split(x, list, dim));
}

Tensor pad(const Tensor& x, const std::vector<int64_t>& widths, const std::string& mode,
           std::optional<double> value) {
  if (mode == "constant") return ops::pad_constant(x, widths, value.value_or(0));
  check(!value || *value == 0, "pad: value cannot be used with mode '", mode, "'");
  if (mode == "reflect") return ops::pad_copies(x, widths, Padding::reflect);
  if (mode == "replicate") return ops::pad_copies(x, widths, Padding::replicate);
  check(mode == "circular", "pad: mode is '", mode,
        "'; expected 'constant', 'reflect', 'replicate' or 'circular'");
  return ops::pad_copies(x, widths, Padding::circular);
}

Tensor roll(const Tensor& x, const Shape& shifts, const Axes& dims) {
  return ops::roll(x, to_list(shifts), dims.list);
}

Tensor movedim(const Tensor& x, const Shape& source, const Shape& destination) {
  check(source.ndim() == destination.ndim(), "movedim: ", source.ndim(), " sources but ", destination.ndim(),
        " destinations");
  if (x.ndim() == 0) {
    for (const Shape& axes : {source, destination})
      for (int i = 0; i < axes.ndim(); i++) normalize_axis("movedim", axes[i], 0);
    return ops::permute(x, {});
  }
  std::vector<int64_t> order(x.ndim(), -1);
  std::vector<bool> moved(x.ndim(), false);
  for (int i = 0; i < source.ndim(); i++) {
    const int from = normalize_axis("movedim", source[i], x.ndim());
    const int to = normalize_axis("movedim", destination[i], x.ndim());
    check(!moved[from] && order[to] < 0, "movedim: a dim is given twice");
    order[to] = from;
    moved[from] = true;
  }
  for (int d = 0, next = 0; d < x.ndim(); d++) {
    if (order[d] >= 0) continue;
    while (moved[next]) next++;
    order[d] = next++;
  }
  return part(x, ops::permute(x, order));
}

Tensor narrow(const Tensor& x, int64_t dim, int64_t start, int64_t length) {
  const int at = normalize_axis("narrow", dim, x.ndim());
  const int64_t n = x.ndim() ? x.shape()[at] : 0;
  check<IndexError>(start >= -n && start <= n, "narrow: start ", start,
                    " is out of range for an axis of size ", n);
  const int64_t from = start < 0 ? start + n : start;
  check(length >= 0 && length <= n - from, "narrow: ", length, " elements from ", from,
        " leave an axis of size ", n);
  std::array<ops::Slice, Shape::max_ndim> slices;
  for (int d = 0; d < x.ndim(); d++) slices[d] = {0, 1, x.shape()[d]};
  slices[at] = {from, 1, length};
  return part(x, ops::slice(x, slices));
}

}  // namespace

void bind_arrange(py::module_& m, TensorClass& tensor) {
  m.def("split", split, py::arg("tensor"), py::arg("split_size_or_sections"), py::arg("dim") = 0,
        "Splits the tensor along dim into parts of one size (the last part may be shorter) or of the given "
        "sizes.");
  tensor.def("split", split, py::arg("split_size"), py::arg("dim") = 0,
             "Splits the tensor along dim into parts of one size (the last part may be shorter) or of the "
             "given sizes.");
  bind_both(
      m, tensor, "chunk",
      [](const Tensor& x, int64_t chunks, int64_t dim) { return to_tuple(x, ops::chunk(x, chunks, dim)); },
      py::arg("chunks"), py::arg("dim") = 0,
      "Splits the tensor along dim into at most `chunks` parts; all but the last have one size.");
  bind_both(
      m, tensor, "unbind", [](const Tensor& x, int64_t dim) { return to_tuple(x, ops::unbind(x, dim)); },
      py::arg("dim") = 0, "Returns the slices along dim, without that axis.");
  bind_both(m, tensor, "unflatten", ops::unflatten, py::arg("dim"), py::arg("sizes"),
            "Splits one axis into several axes; one size may be -1.");
  m.def("pad", pad, py::arg("input"), py::arg("pad"), py::arg("mode") = "constant",
        py::arg("value") = py::none(),
        "Pads the last axes at both ends. pad is (left, right) of the last axis, then of the one before it, "
        "and so on.\n\nmode: 'constant' (value is 0 by default; negative widths remove elements), 'reflect', "
        "'replicate' or 'circular'. Raises ValueError for a width that does not fit the axis.\n\n"
        ">>> nncore._core.pad(nncore.tensor([1.0, 2.0, 3.0]), (2, 1), 'reflect').tolist()\n"
        "[3.0, 2.0, 1.0, 2.0, 3.0, 2.0]",
        functional);
  m.def(
      "flip", [](const Tensor& x, const Shape& dims) { return ops::flip(x, to_list(dims)); },
      py::arg("input"), py::arg("dims"), "Reverses the order of the elements along each axis in dims.");
  tensor.def(
      "flip",
      [](const Tensor& x, const py::args& axes, const std::optional<Shape>& dims) {
        return ops::flip(x, to_list(to_shape(axes, dims, "dims")));
      },
      py::arg("dims") = py::none(), "Reverses the order of the elements along each axis in dims.");
  bind_both(m, tensor, "roll", roll, py::arg("shifts"), py::arg("dims") = py::none(),
            "Shifts the elements along dims; those shifted past the end continue at the start. Without dims, "
            "shifts the flattened tensor.");
  m.def(
      "tile", [](const Tensor& x, const Shape& dims) { return ops::repeat("tile", x, dims); },
      py::arg("input"), py::arg("dims"),
      "Repeats the whole tensor along its last axes: dims are the counts.");
  tensor.def(
      "tile",
      [](const Tensor& x, const py::args& counts, const std::optional<Shape>& dims) {
        return ops::repeat("tile", x, to_shape(counts, dims, "dims"));
      },
      py::arg("dims") = py::none(), "Repeats the whole tensor along its last axes: dims are the counts.");
  tensor.def(
      "repeat",
      [](const Tensor& x, const py::args& counts, const std::optional<Shape>& repeats) {
        const Shape sizes = to_shape(counts, repeats, "repeats");
        check(sizes.ndim() >= x.ndim(), "repeat: sizes ", sizes, " are fewer than the axes of ", x.shape());
        return ops::repeat("repeat", x, sizes);
      },
      py::arg("repeats") = py::none(),
      "Repeats the whole tensor along each axis; the sizes are the counts. Additional sizes add axes in "
      "front.");
  bind_both(m, tensor, "repeat_interleave", ops::repeat_interleave, py::arg("repeats"),
            py::arg("dim") = py::none(), "Repeats each element, along dim or of the flattened tensor.");
  bind_both(
      m, tensor, "tril", [](const Tensor& x, int64_t diagonal) { return ops::triangle(x, diagonal, true); },
      py::arg("diagonal") = 0,
      "Keeps the lower triangle of each matrix up to the given diagonal; the other elements become 0.");
  bind_both(
      m, tensor, "triu", [](const Tensor& x, int64_t diagonal) { return ops::triangle(x, diagonal, false); },
      py::arg("diagonal") = 0,
      "Keeps the upper triangle of each matrix from the given diagonal on; the other elements become 0.");
  bind_both(
      m, tensor, "diagonal",
      [](const Tensor& x, int64_t offset, int64_t dim1, int64_t dim2) {
        return part(x, ops::diagonal(x, offset, dim1, dim2));
      },
      py::arg("offset") = 0, py::arg("dim1") = 0, py::arg("dim2") = 1,
      "The diagonal over two axes, as the last axis of the result.");
  bind_both(m, tensor, "diag", ops::diag, py::arg("diagonal") = 0,
            "The diagonal of a matrix; for a vector, the matrix with the vector on its diagonal.");
  bind_both(m, tensor, "movedim", movedim, py::arg("source"), py::arg("destination"),
            "Moves axes to other positions; the remaining axes keep their order.");
  bind_both(m, tensor, "narrow", narrow, py::arg("dim"), py::arg("start"), py::arg("length"),
            "The elements start to start + length - 1 along an axis.");
  bind_both(
      m, tensor, "broadcast_to",
      [](const Tensor& x, const Shape& size) { return part(x, ops::expand(x, size)); }, py::arg("size"),
      "Broadcasts the tensor to the given shape.");
  tensor.def(
      "expand_as",
      [](const Tensor& x, const Tensor& other) { return part(x, ops::expand(x, other.shape())); },
      py::arg("other"), "Broadcasts the tensor to the shape of other.");
  tensor.def(
      "view_as", [](const Tensor& x, const Tensor& other) { return ops::reshape(x, other.shape()); },
      py::arg("other"), "The same elements in the shape of other.");
}

}  // namespace nncore::bind
