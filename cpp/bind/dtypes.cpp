#include "module.h"

namespace nncore::bind {

void bind_dtypes(py::module_& m) {
  py::class_<PyDType>(
      m, "dtype",
      "The type of a tensor's elements.\n\nfloat32, float64, int64, int32, uint8 and bool have "
      "arithmetic; float16, bfloat16, int8, int16 and uint16 only store values.")
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
          "is_signed",
          [](const PyDType& t) {
            return t.value != DType::boolean && t.value != DType::uint8 && t.value != DType::uint16;
          },
          "Whether the elements can be negative.")
      .def_property_readonly(
          "is_floating_point", [](const PyDType& t) { return is_floating(t.value); },
          "Whether the elements are floating-point numbers.")
      .def_property_readonly(
          "is_complex", [](const PyDType&) { return false; },
          "False: there are no dtypes of complex numbers.");
  for (int i = 0; i < dtype_count; i++) m.attr(dtype_names[i]) = dtype_object(DType(i));
  m.def("to_dtype", to_dtype, py::arg("dtype"), "The dtype that an object names, or None.", internal);
  const std::pair<const char*, DType> aliases[] = {{"float", DType::float32}, {"double", DType::float64},
                                                   {"half", DType::float16},  {"long", DType::int64},
                                                   {"int", DType::int32},     {"short", DType::int16}};
  for (const auto& [alias, dtype] : aliases) m.attr(alias) = dtype_object(dtype);
}

}  // namespace nncore::bind
