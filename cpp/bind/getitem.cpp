// x[index] and x[index] = value: the index may contain integers, slices, None, `...`, True and False, masks of
// bool or uint8, and tensors, arrays or sequences of integers that broadcast together.
#include <numeric>

#include "../ops/create.h"
#include "../ops/device.h"
#include "../ops/elementwise.h"
#include "../ops/index.h"
#include "../ops/shape.h"
#include "../ops/write.h"
#include "numpy.h"
#include "write.h"

namespace nncore::bind {

namespace {

bool is_sequence(py::handle h) {
  return PySequence_Check(h.ptr()) && !PyUnicode_Check(h.ptr()) && !PyBytes_Check(h.ptr());
}

bool is_index_array(py::handle h) {
  return tensor_of(h.ptr()) || is_sequence(h) ||
         (py::hasattr(h, "__array_interface__") && py::hasattr(h, "__len__"));
}

ops::Slice slice_of(py::handle h, int64_t size) {
  py::ssize_t start, stop, step;
  if (PySlice_Unpack(h.ptr(), &start, &stop, &step) < 0) throw py::error_already_set();
  check(step > 0, "index: a slice's step is ", step,
        " but must be greater than zero; use flip() to go backwards");
  const auto count = PySlice_AdjustIndices(size, &start, &stop, step);
  return {start, step, count};
}

// Collects the effect of an index on the axes of x, from left to right.
class Indexing {
 public:
  explicit Indexing(const Tensor& x) : x_(x) {}

  void keep_whole(int count) {
    for (; count > 0; count--) add({0, 1, x_.shape()[axis_]}, true);
  }
  void new_axis() {
    shape_.push_back(1);
    strides_.push_back(0);
  }
  // True or False: an axis of size 1, indexed by [0] or [].
  void truth(const Tensor& index) {
    arrays_.push_back(index);
    array_axes_.push_back(shape_.ndim());
    new_axis();
  }
  void slice(py::handle h) { add(slice_of(h, x_.shape()[axis_]), true); }
  void integer(int64_t i) {
    const int64_t size = x_.shape()[axis_];
    check<IndexError>(i >= -size && i < size, "index: index ", i, " is out of range for axis ", axis_,
                      " of size ", size);
    add({i < 0 ? i + size : i, 1, 1}, false);
  }
  void tensor(const Tensor& index) {
    if (index.dtype() != DType::boolean) {
      arrays_.push_back(index);
      array_axes_.push_back(shape_.ndim());
      return keep_whole(1);
    }
    if (index.ndim() == 0) return truth(ops::nonzero_by_axis(index)[0]);
    for (int d = 0; d < index.ndim(); d++)
      check<IndexError>(index.shape()[d] == x_.shape()[axis_ + d], "index: a mask of shape ", index.shape(),
                        " does not match axis ", axis_ + d, " of ", x_.shape());
    for (const Tensor& found : ops::nonzero_by_axis(index)) tensor(found);
  }

  void finish() { keep_whole(x_.ndim() - axis_); }

  // Applies the slices, then the arrays. The axes of neighbouring arrays stay in their place; otherwise the
  // arrays' axes come first.
  Tensor result() const {
    const bool whole = whole_ && shape_ == x_.shape();
    const Tensor y = whole ? x_ : ops::reshape(whole_ ? x_ : ops::slice(x_, slices_), shape_);
    if (arrays_.empty()) return part(x_, whole ? ops::clone(y) : y);
    const int first = array_axes_[0], count = int(arrays_.size());
    if (array_axes_.back() - first == count - 1) return ops::index_axes(y, first, arrays_);
    std::vector<int64_t> order(array_axes_.begin(), array_axes_.end());
    for (int d = 0, next = 0; d < y.ndim(); d++)
      if (next < count && array_axes_[next] == d)
        next++;
      else
        order.push_back(d);
    return ops::index_axes(ops::permute(y, order), 0, arrays_);
  }

  // The elements that the slices select; of an index without arrays, these are all.
  ops::Region region() const { return {shape_, strides_, start_}; }

 private:
  void add(ops::Slice s, bool keeps_axis) {
    const int64_t stride = x_.shape().span(axis_ + 1, x_.ndim());
    start_ += s.start * stride;
    if (keeps_axis) strides_.push_back(s.step * stride);
    whole_ = whole_ && s.start == 0 && s.step == 1 && s.count == x_.shape()[axis_];
    slices_[axis_++] = s;
    if (keeps_axis) shape_.push_back(s.count);
  }

  const Tensor x_;
  std::array<ops::Slice, Shape::max_ndim> slices_;
  Shape shape_;  // after the slices: an integer drops its axis, None adds one
  Strides strides_;
  int64_t start_ = 0;
  int axis_ = 0;
  bool whole_ = true;
  std::vector<Tensor> arrays_;
  std::vector<int> array_axes_;  // positions in shape_
};

// An index given as a tensor, an array or a sequence. An empty sequence counts as one of integers. As in
// PyTorch, uint8 is a mask.
Tensor index_array(py::handle p, Device& device) {
  Tensor index = tensor_of(p.ptr()) ? py::cast<Tensor>(p) : make_tensor(p, std::nullopt);
  const bool is_array = tensor_of(p.ptr()) || py::hasattr(p, "__array_interface__");
  if (!is_array && index.numel() == 0) index = ops::cast(index, DType::int64);
  if (index.dtype() == DType::uint8) index = ops::cast(index, DType::boolean);
  return ops::to_device(index, device);
}

Indexing indexing_by(const Tensor& x, const py::tuple& parts) {
  std::vector<Tensor> arrays;  // the parts that are arrays, in order
  int given = 0;
  for (py::handle p : parts) {
    if (p.is_none() || p.is(py::ellipsis()) || PyBool_Check(p.ptr())) continue;
    const bool is_array = is_index_array(p);
    if (is_array) arrays.push_back(index_array(p, x.device()));
    given += is_array && arrays.back().dtype() == DType::boolean ? arrays.back().ndim() : 1;
  }
  check<IndexError>(given <= x.ndim(), "index: ", given, " indices for a tensor of shape ", x.shape());
  Indexing indexing(x);
  bool has_ellipsis = false;
  size_t next_array = 0;
  for (py::handle p : parts) {
    if (p.is_none()) {
      indexing.new_axis();
    } else if (p.is(py::ellipsis())) {
      check<IndexError>(!has_ellipsis, "index: only one '...' is allowed");
      has_ellipsis = true;
      indexing.keep_whole(x.ndim() - given);
    } else if (PyBool_Check(p.ptr())) {
      indexing.truth(ops::arange_integer(0, p.ptr() == Py_True, 1, DType::int64, x.device()));
    } else if (PySlice_Check(p.ptr())) {
      indexing.slice(p);
    } else if (is_index_array(p)) {
      indexing.tensor(arrays[next_array++]);
    } else {
      indexing.integer(to_int(p, "index"));
    }
  }
  indexing.finish();
  return indexing;
}

// As in PyTorch, a list with an item that is not a number stands for a tuple, unless it is longer than the
// number of axes can be.
bool is_list_of_parts(py::handle index) {
  if (!PyList_Check(index.ptr()) || PyList_GET_SIZE(index.ptr()) >= 32) return false;
  const auto items = py::reinterpret_borrow<py::list>(index);
  return std::any_of(items.begin(), items.end(), [](py::handle item) {
    return is_index_array(item) || item.is_none() || item.is(py::ellipsis()) || PySlice_Check(item.ptr());
  });
}

py::tuple parts_of(py::handle index) {
  if (py::isinstance<py::tuple>(index)) return py::reinterpret_borrow<py::tuple>(index);
  return is_list_of_parts(index) ? py::tuple(py::reinterpret_borrow<py::list>(index)) : py::make_tuple(index);
}

// The mask, with axes of size 1 for the axes of x that it does not have, if the index is a mask.
std::optional<Tensor> only_mask(const Tensor& x, const py::tuple& parts) {
  if (parts.size() != 1 || !is_index_array(parts[0])) return std::nullopt;
  const Tensor mask = index_array(parts[0], x.device());
  if (mask.dtype() != DType::boolean || mask.ndim() == 0 || mask.ndim() > x.ndim()) return std::nullopt;
  Shape shape = mask.shape();
  for (int d = 0; d < mask.ndim(); d++)
    if (shape[d] != x.shape()[d]) return std::nullopt;
  while (shape.ndim() < x.ndim()) shape.push_back(1);
  return mask.alias(shape);
}

// The values without leading axes of size 1 beyond `ndim` axes.
Tensor without_leading_axes(const Tensor& values, int ndim) {
  int first = 0;
  while (values.ndim() - first > ndim && values.shape()[first] == 1) first++;
  Shape shape;
  for (int d = first; d < values.ndim(); d++) shape.push_back(values.shape()[d]);
  return first ? ops::reshape(values, shape) : values;
}

// The positions, in row-major order, of the elements that an index selects.
Tensor positions_of(const Tensor& x, const py::tuple& parts) {
  const Tensor all = ops::arange_integer(0, x.numel(), 1, DType::int64, x.device());
  return indexing_by(all.alias(x.shape()), parts).result();
}

}  // namespace

Tensor get_item(const Tensor& x, py::handle index) { return indexing_by(x, parts_of(index)).result(); }

void set_item(const Tensor& x, py::handle index, py::handle value) {
  ops::check_target("index", x);
  const py::tuple parts = parts_of(index);
  const Tensor values = values_for("index", x, value);
  if (values.numel() == 1)  // without indices, for which the host would read the mask
    if (const auto mask = only_mask(x, parts))
      return ops::assign("index", x, ops::where(*mask, ops::cast(ops::reshape(values, {}), x.dtype()), x));
  const auto is_region = [](py::handle p) { return !PyBool_Check(p.ptr()) && !is_index_array(p); };
  if (std::all_of(parts.begin(), parts.end(), is_region)) {
    const ops::Region region = indexing_by(x, parts).region();
    return ops::set_region(x, region, without_leading_axes(values, region.shape.ndim()));
  }
  const Tensor positions = positions_of(x, parts);
  ops::set_positions(x, positions, without_leading_axes(values, positions.ndim()));
}

void put_item(const Tensor& x, const py::object& indices, const Tensor& values, bool accumulate) {
  check<TypeError>(PyTuple_Check(indices.ptr()) || PyList_Check(indices.ptr()),
                   "index_put_: indices must be a tuple of tensors, got ", Py_TYPE(indices.ptr())->tp_name);
  py::list parts;
  for (py::handle index : py::list(indices)) {
    check<TypeError>(index.is_none() || tensor_of(index.ptr()),
                     "index_put_: indices must be tensors or None, got ", Py_TYPE(index.ptr())->tp_name);
    if (index.is_none())
      parts.append(py::slice(std::nullopt, std::nullopt, std::nullopt));
    else
      parts.append(index);
  }
  if (accumulate)
    ops::add_positions(x, positions_of(x, py::tuple(parts)), values);
  else
    set_item(x, py::tuple(parts), py::cast(values));
}

}  // namespace nncore::bind
