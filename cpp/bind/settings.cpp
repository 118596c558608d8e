#include "settings.h"

#include <pybind11/typing.h>

#include "../core/watch.h"
#include "module.h"

namespace nncore::bind {

Settings::Settings(py::dict group, py::list keys, py::list flags, py::function check)
    : group_(std::move(group)), keys_(std::move(keys)), flags_(std::move(flags)), check_(std::move(check)) {
  const Watch nobody(nullptr);  // made once, not in every step
  check_(group_);
  int64_t n = 0;
  for_each_value([&](double) { n++; });
  values_ = empty({n}, DType::float64);
  n = 0;
  for_each_value([&](double v) { values_.ptr<double>()[n++] = v; });
  flag_ = read_flags();
}

template <class F>
void Settings::for_each_value(F f) const {
  const auto one = [&](PyObject* value) {
    const double v = PyFloat_AsDouble(value);
    if (v == -1 && PyErr_Occurred()) throw py::error_already_set();
    f(v);
  };
  for (const py::handle key : keys_) {
    if (!PyUnicode_Check(key.ptr())) {
      one(key.ptr());
      continue;
    }
    PyObject* value = PyDict_GetItemWithError(group_.ptr(), key.ptr());
    if (!value) raise<ValueError>("optimizer: the parameter group has no '", std::string(py::str(key)), "'");
    if (PyTuple_Check(value) || PyList_Check(value))
      for (const py::handle item : py::reinterpret_borrow<py::sequence>(value)) one(item.ptr());
    else
      one(value);
  }
}

std::vector<bool> Settings::read_flags() const {
  std::vector<bool> read;
  for (const py::handle key : flags_)
    read.push_back(PyObject_IsTrue(PyDict_GetItemWithError(group_.ptr(), key.ptr())) == 1);
  return read;
}

void Settings::refresh() {
  double* values = values_.ptr<double>();
  bool changed = false;
  int64_t i = 0;
  for_each_value([&](double v) {
    changed = changed || i >= values_.numel() || values[i] != v;
    i++;
  });
  check(i == values_.numel(), "optimizer: a setting of the parameter group has ", i, " numbers, not ",
        values_.numel());
  if (changed) {
    check_(group_);  // before anything is taken over
    i = 0;
    for_each_value([&](double v) { values[i++] = v; });
  }
  for (size_t f = 0; f < flag_.size(); f++) {
    const int now = PyObject_IsTrue(PyDict_GetItemWithError(group_.ptr(), PyList_GET_ITEM(flags_.ptr(), f)));
    flag_[f] = now == 1;
  }
}

void bind_settings(py::module_& m) {
  py::class_<Settings, Ref<Settings>>(
      m, "Settings", "The settings of a parameter group as data that the optimizers' kernels read.")
      .def(py::init([](py::dict group, py::list keys, py::list flags,
                       py::typing::Callable<py::object(py::dict)> check) {
             return Ref<Settings>(
                 new Settings(std::move(group), std::move(keys), std::move(flags), std::move(check)));
           }),
           py::arg("group"), py::arg("keys"), py::arg("flags"), py::arg("check"))
      .def_property_readonly("group", &Settings::group, "The parameter group.")
      .def("refresh", &Settings::refresh, "Takes over what has changed in the group.");
}

}  // namespace nncore::bind
