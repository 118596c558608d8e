// Binds the methods of tensors that name devices or move values between them.
#include "../ops/create.h"
#include "../ops/device.h"
#include "../ops/shape.h"
#include "device.h"
#include "module.h"

namespace nncore::bind {

namespace {

PyDevice device_of(const Tensor& t) { return *to_device_name(device_object(t.device())); }

// x on a device and of a dtype: x itself if it is so already and `copy` is false.
Tensor moved(const Tensor& x, Device& device, std::optional<DType> dtype, bool copy) {
  const Tensor y = typed(ops::to_device(x, device), dtype);
  return copy && y.impl() == x.impl() ? ops::clone(y) : y;
}

}  // namespace

void bind_transfer(TensorClass& tensor) {
  tensor.def_property_readonly(
      "device", [](const Tensor& t) { return device_object(t.device()); },
      "The device on which the elements lie.");
  tensor.def_property_readonly(
      "is_cuda", [](const Tensor& t) { return device_of(t).type == "cuda"; },
      "Whether the elements lie on a CUDA device.");
  tensor.def_property_readonly(
      "is_cpu", [](const Tensor& t) { return t.device().is_host(); },
      "Whether the elements lie in the memory of the host.");
  tensor.def(
      "get_device", [](const Tensor& t) { return device_of(t).index.value_or(-1); },
      "The index of the device, or -1 for the CPU.");
  const auto non_blocking = py::arg("non_blocking") = false;
  const auto bind_to = [&](const char* doc, auto f, const auto&... arguments) {
    tensor.def("to", f, arguments..., non_blocking, py::arg("copy") = false, doc);
  };
  bind_to(
      "The values as the dtype and on the device of another tensor.",
      [](const Tensor& t, const Tensor& other, bool, bool copy) {
        return moved(t, other.device(), other.dtype(), copy);
      },
      py::arg("other"));
  bind_to(
      "The values converted to another dtype.",
      [](const Tensor& t, DType dtype, bool, bool copy) { return moved(t, t.device(), dtype, copy); },
      py::arg("dtype"));
  bind_to(
      "The values on another device and in another dtype; the tensor itself if nothing changes.\n\n"
      "With copy, the result is always a new tensor; non_blocking has no effect on the CPU.\n\n"
      ">>> nncore.tensor([1.5, 2.0]).to('cpu', nncore.int64).tolist()\n[1, 2]",
      [](const Tensor& t, const Place& device, std::optional<DType> dtype, bool, bool copy) {
        return moved(t, device.value_or(t.device()), dtype, copy);
      },
      py::arg("device") = py::none(), py::arg("dtype") = py::none());
  tensor.def(
      "cpu", [](const Tensor& t) { return ops::to_host(t); },
      "The values in the memory of the host; the tensor itself if they are there.");
  tensor.def(
      "cuda",
      [](const Tensor& t, const Place& device, bool) {
        return ops::to_device(t, device.device ? *device.device : find_device({"cuda", {}}));
      },
      py::arg("device") = py::none(), non_blocking,
      "The values on a CUDA device; raises RuntimeError if there is none.");
  tensor.def(
      "pin_memory", [](const Tensor& t) { return t; }, "The tensor itself: the CPU has one kind of memory.");
  tensor.def(
      "is_pinned", [](const Tensor&) { return false; },
      "Whether the elements lie in memory that a device can read: False on the CPU.");
}

}  // namespace nncore::bind
