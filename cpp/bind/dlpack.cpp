// DLPack export: other libraries read a tensor's memory without a copy.
#include "../core/watch.h"
#include "numpy.h"

namespace nncore::bind {

namespace {

// The C structures of the DLPack 0.8 protocol (https://dmlc.github.io/dlpack).
struct DLDataType {
  uint8_t code, bits;
  uint16_t lanes;
};
struct DLTensor {
  void* data;
  int32_t device_type, device_id;
  int32_t ndim;
  DLDataType dtype;
  int64_t *shape, *strides;
  uint64_t byte_offset;
};
struct DLManagedTensor {
  DLTensor tensor;
  void* context;
  void (*deleter)(DLManagedTensor*);
};

constexpr int32_t cpu_device = 1;

// Keeps the values and the shape alive as long as the consumer holds the content of the capsule.
struct Exported {
  Tensor values;
  Strides strides;
  DLManagedTensor managed;
};

DLDataType element_type(DType dtype) {
  constexpr uint8_t signed_int = 0, unsigned_int = 1, real = 2, brain_float = 4, boolean = 6;
  constexpr uint8_t codes[dtype_count] = {real, real,        signed_int, signed_int, unsigned_int, boolean,
                                          real, brain_float, signed_int, signed_int, unsigned_int};
  return {codes[int(dtype)], uint8_t(8 * size_of(dtype)), 1};
}

void drop_unused(PyObject* capsule) {
  if (!PyCapsule_IsValid(capsule, "dltensor")) return;  // consumed: the consumer calls the deleter
  auto* managed = static_cast<DLManagedTensor*>(PyCapsule_GetPointer(capsule, "dltensor"));
  managed->deleter(managed);
}

py::object export_capsule(const Tensor& t, const py::args&, const py::kwargs&) {
  host_reads("__dlpack__");
  check<Error>(!t.requires_grad(), "__dlpack__: this tensor requires a gradient; use .detach() first");
  check<TypeError>(t.device().is_host(), "__dlpack__: this tensor lies on '", t.device().name(),
                   "'; only host memory can be exported, use .to('cpu') first");
  auto* exported = new Exported{t.detach(), contiguous_strides(t.shape()), {}};
  Shape& shape = exported->values.impl()->shape;
  exported->managed = {{t.data(), cpu_device, 0, t.ndim(), element_type(t.dtype()), shape.begin(),
                        exported->strides.begin(), 0},
                       exported,
                       [](DLManagedTensor* m) { delete static_cast<Exported*>(m->context); }};
  PyObject* const capsule = PyCapsule_New(&exported->managed, "dltensor", drop_unused);
  if (!capsule) {
    delete exported;
    throw py::error_already_set();
  }
  return py::reinterpret_steal<py::object>(capsule);
}

}  // namespace

void bind_dlpack(py::class_<TensorImpl, Ref<TensorImpl>>& tensor) {
  tensor.def("__dlpack__", export_capsule,
             "A DLPack capsule that shares this tensor's memory; treat it as read-only.");
  tensor.def("__dlpack_device__", [](const TensorImpl&) { return py::make_tuple(cpu_device, 0); });
}

}  // namespace nncore::bind
