#include "settings.h"

#include <pybind11/typing.h>

#include <algorithm>

#include "../core/watch.h"
#include "interpreter.h"
#include "module.h"

namespace nncore::bind {

namespace {

[[noreturn]] void missing(py::handle key) {
  throw py::key_error("optimizer: the parameter group has no '" + py::cast<std::string>(py::str(key)) +
                      "'; put it back, or make the optimizer anew");
}

// group[key], held while Python code looks at it.
py::object entry(const py::dict& group, py::handle key) {
  PyObject* const value = PyDict_GetItemWithError(group.ptr(), key.ptr());
  if (value) return py::reinterpret_borrow<py::object>(value);
  if (PyErr_Occurred()) throw py::error_already_set();
  missing(key);
}

// Says which setting is wrong where Python says only how; what else was raised, such as Ctrl-C, goes on.
template <class E>
[[noreturn]] void wrong(py::handle key, py::handle value, const char* expected) {
  py::error_already_set error;
  if (!error.matches(PyExc_TypeError) && !error.matches(PyExc_ValueError) &&
      !error.matches(PyExc_OverflowError))
    throw error;
  raise<E>("optimizer: the parameter group's '", py::cast<std::string>(py::str(key)), "' is ",
           py::cast<std::string>(py::repr(value)), "; expected ", expected);
}

double number(py::handle key, py::handle value) {
  const double v = PyFloat_AsDouble(value.ptr());
  if (v == -1 && PyErr_Occurred()) wrong<TypeError>(key, value, "a number");
  return v;
}

bool truth(py::handle key, py::handle value) {
  const int is = PyObject_IsTrue(value.ptr());
  if (is < 0) wrong<ValueError>(key, value, "True or False");
  return is == 1;
}

}  // namespace

Settings::Settings(py::dict group, py::tuple keys, py::tuple flags, py::function check)
    : group_(std::move(group)), keys_(std::move(keys)), flags_(std::move(flags)), check_(std::move(check)) {
  const Watch nobody(nullptr);  // made once, not in every step
  check_(group_);
  read(numbers_);
  values_ = empty({int64_t(numbers_.size())}, DType::float64, host());
  std::copy(numbers_.begin(), numbers_.end(), values_.ptr<double>());
  flag_.resize(flags_.size());
  read_flags();
}

void Settings::read(std::vector<double>& numbers) const {
  numbers.clear();
  for (const py::handle key : keys_) {
    if (!PyUnicode_Check(key.ptr())) {
      numbers.push_back(number(key, key));
      continue;
    }
    const py::object value = entry(group_, key);
    if (PyTuple_Check(value.ptr()) || PyList_Check(value.ptr()))
      for (const py::handle item : py::reinterpret_borrow<py::sequence>(value))
        numbers.push_back(number(key, item));
    else
      numbers.push_back(number(key, value));
  }
}

void Settings::read_flags() {
  for (size_t i = 0; i < flag_.size(); i++) {
    const py::object key = flags_[i];
    flag_[i] = truth(key, entry(group_, key));
  }
}

void Settings::visit(Visitor& visitor) const {
  visitor(group_);
  visitor(keys_);
  visitor(flags_);
  visitor(check_);
}

void Settings::forget() {
  for (py::object* held : std::initializer_list<py::object*>{&group_, &keys_, &flags_, &check_})
    held->release().dec_ref();
}

void Settings::refresh() {
  check<Error>(bool(group_), "optimizer: its parameter group is gone");
  read(numbers_);
  const double* before = values_.ptr<double>();
  if (!std::equal(numbers_.begin(), numbers_.end(), before, before + values_.numel())) {
    const std::vector<double> numbers = numbers_;  // check may run any code
    call_python(check_, py::make_tuple(group_));   // before anything is taken over
    check(int64_t(numbers.size()) == values_.numel(), "optimizer: the settings of the parameter group are ",
          numbers.size(), " numbers; expected ", values_.numel());
    std::copy(numbers.begin(), numbers.end(), values_.ptr<double>());
  }
  read_flags();
}

void Settings::expect(int64_t numbers, size_t flags) const {
  check(values_.numel() == numbers && flag_.size() == flags, "optimizer: these settings have ",
        values_.numel(), " numbers and ", flag_.size(), " flags; this optimizer needs ", numbers, " and ",
        flags);
}

void bind_settings(py::module_& m) {
  py::class_<Settings, Ref<Settings>>(
      m, "Settings", py::custom_type_setup(collect<Settings>),
      "The settings of a parameter group as data that the optimizers' kernels read.")
      .def(py::init([](py::dict group, const py::list& keys, const py::list& flags,
                       py::typing::Callable<py::object(py::dict)> check) {
             return Ref<Settings>(
                 new Settings(std::move(group), py::tuple(keys), py::tuple(flags), std::move(check)));
           }),
           py::arg("group"), py::arg("keys"), py::arg("flags"), py::arg("check"))
      .def_property_readonly("group", &Settings::group, "The parameter group.")
      .def("refresh", &Settings::refresh, "Takes over what has changed in the group.");
}

}  // namespace nncore::bind
