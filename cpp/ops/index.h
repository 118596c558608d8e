// Ops that select elements by indices and masks. With a boolean mask the result's shape depends on values, so
// the host reads them.
#pragma once
#include <optional>
#include <span>
#include <vector>

#include "../core/tensor.h"

namespace nncore::ops {

// x[..., index, ...] along one axis; the axes of the index replace that axis. wrap: a negative index counts
// from the end.
Tensor take_axis(const char* op, const Tensor& x, int axis, const Tensor& index, bool wrap);
Tensor index_select(const Tensor& x, int64_t axis, const Tensor& index);
Tensor index_add(const Tensor& x, int64_t axis, const Tensor& index, const Tensor& source, double alpha);
// A copy of x in which the slices at the indices along the axis are those of source, or one value.
Tensor index_copy(const char* op, const Tensor& x, int64_t axis, const Tensor& index, const Tensor& source);
Tensor take(const Tensor& x, const Tensor& index);  // of the flattened tensor

// Indexes axes first, first + 1, ... of x with the index tensors, broadcast together; other axes stay whole.
Tensor index_axes(const Tensor& x, int first, std::span<const Tensor> indices);

Tensor gather(const Tensor& x, int64_t axis, const Tensor& index);
Tensor take_along_axis(const Tensor& x, const Tensor& index, std::optional<int64_t> axis);
// A copy of x in which elements at the positions `index` along the axis are set to src, or increased by it.
// src may have one element.
Tensor scatter(const char* op, const Tensor& x, int64_t axis, const Tensor& index, const Tensor& src,
               bool add);

struct FillValue {
  double real;
  int64_t integer;
};
Tensor masked_fill(const Tensor& x, const Tensor& mask, FillValue value, bool where_true = true);
Tensor masked_select(const Tensor& x, const Tensor& mask);
Tensor nonzero(const Tensor& x);                       // (count, ndim)
std::vector<Tensor> nonzero_by_axis(const Tensor& x);  // ndim tensors of shape (count,)

Tensor one_hot(const Tensor& x, int64_t classes);  // classes -1: the largest value plus 1
Tensor triangle(const Tensor& x, int64_t diagonal, bool lower);

}  // namespace nncore::ops
