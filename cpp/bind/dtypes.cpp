#include "module.h"

namespace nncore::bind {

void bind_dtypes(py::module_& m) {
  py::class_<PyDType>(m, "dtype",
                      "The type of a tensor's elements: float32, float64, int64, int32, uint8 or bool.")
      .def("__repr__", [](const PyDType& t) { return std::string("nncore.") + name(t.value); })
      .def(
          "__eq__",
          [](const PyDType& a, py::handle b) {
            return py::isinstance<PyDType>(b) && py::cast<PyDType>(b).value == a.value;
          },
          py::arg("other"))
      .def("__hash__", [](const PyDType& t) { return int(t.value); })
      .def("__reduce__", [](const PyDType& t) { return std::string(name(t.value)); })
      .def_property_readonly(
          "itemsize", [](const PyDType& t) { return size_of(t.value); }, "The size of one element in bytes.")
      .def_property_readonly(
          "is_floating_point", [](const PyDType& t) { return is_floating(t.value); },
          "Whether tensors of this dtype can have gradients.");
  for (int i = 0; i < dtype_count; i++) m.attr(dtype_names[i]) = dtype_object(DType(i));
}

}  // namespace nncore::bind
