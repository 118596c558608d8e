// Converts NumPy arrays and Python numbers to tensors, and back.
#pragma once
#include "casters.h"

namespace nncore::bind {

// Shares the array's memory if its dtype and layout allow it; otherwise copies.
Tensor from_numpy(py::handle array);
// A copy of anything array-like; Python floats become float32 unless another dtype is given.
Tensor make_tensor(py::handle data, std::optional<DType> dtype);

// A read-only view of the tensor's memory.
py::object to_numpy(const Tensor& t);
// Keeps the tensor's memory alive, even if the tensor gets other memory.
py::capsule keeper(const Tensor& t);
py::object item(const Tensor& t);
const char* buffer_format(DType dtype);

// The protocols by which NumPy's functions take tensors.
void bind_numpy(py::class_<TensorImpl, Ref<TensorImpl>>& tensor);
void bind_dlpack(py::class_<TensorImpl, Ref<TensorImpl>>& tensor);

}  // namespace nncore::bind
