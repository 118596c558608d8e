// Values in from NumPy and Python numbers, and out again.
#pragma once
#include "casters.h"

namespace nncore::bind {

// Shares the array's memory where its type and layout allow, else copies.
Tensor from_numpy(py::handle array);
// A copy of anything array-like; Python floats become float32 unless dtype says otherwise.
Tensor make_tensor(py::handle data, std::optional<DType> dtype);

// A read-only view of the tensor's memory; `owner` keeps it alive.
py::object to_numpy(const Tensor& t, py::handle owner);
py::object item(const Tensor& t);
const char* buffer_format(DType dtype);

void bind_dlpack(py::class_<TensorImpl, Ref<TensorImpl>>& tensor);

}  // namespace nncore::bind
