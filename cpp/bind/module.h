// The functions that bind the parts of the extension module, one per file.
#pragma once
#include "casters.h"
#include "names.h"

namespace nncore::bind {

using TensorClass = py::class_<TensorImpl, Ref<TensorImpl>>;

void bind_dtypes(py::module_& m);
void bind_device(py::module_& m);
void bind_tensor(TensorClass& tensor);
void bind_transfer(TensorClass& tensor);
void bind_protocol(py::module_& m, TensorClass& tensor);
void bind_arithmetic(py::module_& m, TensorClass& tensor);
void bind_elementwise(py::module_& m, TensorClass& tensor);
void bind_derived(py::module_& m, TensorClass& tensor);
void bind_shape(py::module_& m, TensorClass& tensor);
void bind_arrange(py::module_& m, TensorClass& tensor);
void bind_index(py::module_& m, TensorClass& tensor);
void bind_sort(py::module_& m, TensorClass& tensor);
void bind_scan(py::module_& m, TensorClass& tensor);
void bind_reduce(py::module_& m, TensorClass& tensor);
void bind_fold(py::module_& m, TensorClass& tensor);
void bind_create(py::module_& m, TensorClass& tensor);
void bind_linear(py::module_& m, TensorClass& tensor);
void bind_conv(py::module_& m);
void bind_einsum(py::module_& m, TensorClass& tensor);
void bind_loss(py::module_& m, TensorClass& tensor);
void bind_pointwise(py::module_& m);
void bind_recurrent(py::module_& m);
void bind_attention(py::module_& m);
void bind_norm(py::module_& m);
void bind_dropout(py::module_& m);
void bind_pool(py::module_& m);
void bind_resample(py::module_& m);
void bind_embedding(py::module_& m);
void bind_optim(py::module_& m);
void bind_capture(py::module_& m);
void bind_plan(py::module_& m);
void bind_autograd(py::module_& m, TensorClass& tensor);
void bind_runtime(py::module_& m);

// A named tuple (values, indices).
py::object values_and_indices(const Tensor& values, const Tensor& indices);

// x converted to `dtype`, if that is given.
Tensor typed(const Tensor& x, std::optional<DType> dtype);

// The index in UnaryOps of an activation that `op` can apply itself; -1 for an empty name.
int fused_activation(const char* op, const std::string& name);

// Binds a function f(input, ...) and a method input.f(...).
template <class F, class... Extra>
void bind_both(py::module_& m, TensorClass& tensor, const char* name, F f, const Extra&... extra) {
  m.def(name, f, py::arg("input"), extra...);
  tensor.def(name, f, extra...);
}

// x[index] for all supported kinds of index.
Tensor get_item(const Tensor& x, py::handle index);

}  // namespace nncore::bind
