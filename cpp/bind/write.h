// What the binding of writes shares with other files: marks of copies, values given by the user, x[i] = v.
#pragma once
#include "../ops/write.h"
#include "module.h"

namespace nncore::bind {

void bind_write(py::module_& m, TensorClass& tensor);

// y, which PyTorch returns as a view of x. If it is a copy here, writing it raises.
inline Tensor part(const Tensor& x, const Tensor& y) {
  if (!(y.impl()->storage == x.impl()->storage)) y.impl()->is_part = true;
  return y;
}

// The result of `compute`; with `inplace` it is written into x, as by an in-place method.
template <class F>
Tensor written_if(bool inplace, const char* op, const Tensor& x, const F& compute) {
  if (!inplace) return compute();
  ops::check_target(op, x);
  ops::assign(op, x, compute());
  return x;
}

// Whether h is a Python number or a NumPy scalar; arrays are not.
bool is_number(py::handle h);
// A value to write into a tensor like `target`: a tensor, a number, an array or nested lists.
Tensor values_for(const char* op, const Tensor& target, py::handle value);

// x[index] = value.
void set_item(const Tensor& x, py::handle index, py::handle value);
// x[indices] = values, or += with repeated indices counted; None among the indices stands for a whole axis.
void put_item(const Tensor& x, const py::object& indices, const Tensor& values, bool accumulate);

}  // namespace nncore::bind
