// x[...]: integers, slices, None, ..., and one integer tensor or array on the first axis.
#include "../ops/shape.h"
#include "module.h"
#include "numpy.h"

namespace nncore::bind {

namespace {

bool is_index_array(py::handle h) {
  return tensor_of(h.ptr()) || py::isinstance<py::list>(h) || py::hasattr(h, "__array_interface__");
}

Tensor index_tensor(py::handle h) {
  Tensor t = tensor_of(h.ptr()) ? py::cast<Tensor>(h) : make_tensor(h, std::nullopt);
  check<TypeError>(t.dtype() != DType::boolean,
                   "index: boolean masks are not supported; use where(), or indices of an integer dtype");
  return t;
}

ops::Slice slice_of(py::handle h, int64_t size) {
  py::ssize_t start, stop, step;
  if (PySlice_Unpack(h.ptr(), &start, &stop, &step) < 0) throw py::error_already_set();
  const auto count = PySlice_AdjustIndices(size, &start, &stop, step);
  return {start, step, count};
}

Tensor basic(const Tensor& x, const py::tuple& parts) {
  int given = 0;
  for (py::handle p : parts) given += !p.is_none() && !p.is(py::ellipsis());
  check<IndexError>(given <= x.ndim(), "index: ", given, " indices for a tensor of shape ", x.shape());
  std::array<ops::Slice, Shape::max_ndim> slices;
  Shape shape;  // of the result: integers drop their axis, None adds one
  int axis = 0;
  bool has_ellipsis = false;
  const auto keep_whole = [&](int count) {
    for (; count > 0; count--, axis++) {
      slices[axis] = {0, 1, x.shape()[axis]};
      shape.push_back(x.shape()[axis]);
    }
  };
  for (py::handle p : parts) {
    if (p.is_none()) {
      shape.push_back(1);
    } else if (p.is(py::ellipsis())) {
      check<IndexError>(!has_ellipsis, "index: only one '...' is allowed");
      has_ellipsis = true;
      keep_whole(x.ndim() - given);
    } else if (PySlice_Check(p.ptr())) {
      slices[axis] = slice_of(p, x.shape()[axis]);
      shape.push_back(slices[axis++].count);
    } else {
      const int64_t i = to_int(p, "index"), size = x.shape()[axis];
      check<IndexError>(i >= -size && i < size, "index: index ", i, " is out of range for axis ", axis,
                        " of size ", size);
      slices[axis++] = {i < 0 ? i + size : i, 1, 1};
    }
  }
  keep_whole(x.ndim() - axis);
  return ops::reshape(ops::slice(x, slices), shape);
}

}  // namespace

Tensor get_item(const Tensor& x, py::handle index) {
  if (PySlice_Check(index.ptr()) || PyLong_Check(index.ptr())) return basic(x, py::make_tuple(index));
  if (!py::isinstance<py::tuple>(index) && !index.is_none() && !index.is(py::ellipsis())) {
    if (is_index_array(index)) return ops::take_rows(x, index_tensor(index));
    return basic(x, py::make_tuple(index));
  }
  const py::tuple parts =
      py::isinstance<py::tuple>(index) ? py::reinterpret_borrow<py::tuple>(index) : py::make_tuple(index);
  for (py::handle p : parts)
    check<IndexError>(
        !is_index_array(p) || py::hasattr(p, "__index__"),
        "index: an index array is supported alone, along the first axis; use x[index] and then slice");
  return basic(x, parts);
}

}  // namespace nncore::bind
