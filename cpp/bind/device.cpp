#include "device.h"

#include <algorithm>
#include <map>

#include "../backend/backend.h"
#include "../core/default_dtype.h"
#include "module.h"

namespace nncore::bind {

namespace {

// Types that nncore.device accepts although this process may not have such a device.
constexpr const char* known_types[] = {"cpu", "cuda", "mps", "xpu", "meta"};

struct Defaults {
  std::optional<PyDevice> set;    // by set_default_device
  std::vector<PyDevice> entered;  // by `with`
};
thread_local Defaults defaults;

std::string quoted(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "'" : ", '") + name + "'";
  return text;
}

std::string type_of(const std::string& name) { return name.substr(0, name.find(':')); }

bool is_known(const std::string& type) {
  if (std::ranges::find(known_types, type) != std::end(known_types)) return true;
  return std::ranges::count(backend_names(), type, type_of) > 0;
}

PyDevice parse(const std::string& text) {
  const std::string type = type_of(text);
  check(is_known(type), "device: '", text, "' does not start with the type of a device, such as 'cpu' or ",
        "'cuda'; the devices are ", quoted(backend_names()));
  if (type == text) return {type, {}};
  const std::string digits = text.substr(type.size() + 1);
  const bool is_index = !digits.empty() && digits.size() < 5 &&
                        std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; });
  check(is_index, "device: the index of '", text, "' is not a number; expected a name such as 'cuda:0'");
  return {type, std::stoi(digits)};
}

PyDevice make_device(py::handle type, std::optional<int64_t> index) {
  const std::optional<PyDevice> name = to_device_name(type);
  check<TypeError>(name.has_value(), "device: expected a name such as 'cpu' or 'cuda:0', got ",
                   Py_TYPE(type.ptr())->tp_name);
  if (!index) return *name;
  check(!name->index, "device: '", name->text(), "' has an index already, and index=", *index, " is given");
  check(*index >= 0, "device: index is ", *index, "; expected at least 0");
  return {name->type, index};
}

void set_default_dtype(DType dtype) {
  check<TypeError>(is_floating(dtype), "set_default_dtype: expected float32 or float64, got ", dtype);
  default_dtype = dtype;
}

}  // namespace

std::optional<PyDevice> to_device_name(py::handle object) {
  if (py::isinstance<PyDevice>(object)) return py::cast<PyDevice>(object);
  if (PyUnicode_Check(object.ptr())) return parse(py::cast<std::string>(object));
  if (!PyLong_Check(object.ptr()) || PyBool_Check(object.ptr())) return std::nullopt;
  return make_device(py::str("cuda"), to_int(object, "device"));
}

Device& find_device(const PyDevice& name) {
  const std::vector<std::string> names = backend_names();
  std::vector<std::string> spellings = {name.text()};
  if (!name.index) spellings.push_back(name.type + ":0");
  if (name.index == 0) spellings.push_back(name.type);
  for (const std::string& spelling : spellings)
    if (std::ranges::find(names, spelling) != names.end()) return backend(spelling);
  check<Error>(name.type != "cuda" || std::ranges::count(names, name.type, type_of) > 0, "device '",
               name.text(), "' is not available: this nncore was built without CUDA; the devices are ",
               quoted(names));
  raise<Error>("device '", name.text(), "' is not available; the devices are ", quoted(names));
}

Device& default_device() {
  if (!defaults.entered.empty()) return find_device(defaults.entered.back());
  return defaults.set ? find_device(*defaults.set) : host();
}

py::object device_object(const Device& device) {
  static auto& objects = *new std::map<const Device*, py::object>;  // never freed, as the devices
  py::object& object = objects[&device];
  if (!object) object = py::cast(parse(device.name()));
  return object;
}

void bind_device(py::module_& m) {
  py::class_<PyDevice>(m, "device",
                       "device(type, index=None)\n--\n\nThe name of a device: a type such as 'cpu' and, "
                       "optionally, an index.\n\nA name may "
                       "be made of a device that is missing; using it raises RuntimeError. As a context "
                       "manager, sets the device on which functions such as zeros() make "
                       "tensors.\n\n>>> nncore.device('cuda:0')\ndevice(type='cuda', index=0)\n"
                       ">>> nncore.zeros(2, device='cpu').device\ndevice(type='cpu')")
      .def(py::init(&make_device), py::arg("type"), py::arg("index") = py::none())
      .def_readonly("type", &PyDevice::type, "The type, such as 'cpu'.")
      .def_readonly("index", &PyDevice::index, "The number of the device among those of its type, or None.")
      .def("__str__", &PyDevice::text)
      .def("__repr__",
           [](const PyDevice& d) {
             return "device(type='" + d.type + "'" +
                    (d.index ? ", index=" + std::to_string(*d.index) : std::string()) + ")";
           })
      .def(
          "__eq__",
          [](const PyDevice& a, py::handle b) {
            if (PyUnicode_Check(b.ptr())) return a.text() == py::cast<std::string>(b);
            return py::isinstance<PyDevice>(b) && py::cast<PyDevice>(b) == a;
          },
          py::arg("other"))
      .def("__hash__", [](const PyDevice& d) { return py::hash(py::str(d.text())); })
      .def("__reduce__",
           [](const py::object& self) {
             return py::make_tuple(py::type::of(self), py::make_tuple(py::str(self)));
           })
      .def("__enter__",
           [](const py::object& self) {
             const auto& name = py::cast<const PyDevice&>(self);
             find_device(name);
             defaults.entered.push_back(name);
             return self;
           })
      .def("__exit__", [](const PyDevice&, const py::args&) { defaults.entered.pop_back(); });
  m.def(
      "find_device",
      [](const Place& place) -> std::optional<PyDevice> {
        if (!place.device) return std::nullopt;
        return parse(place.device->name());
      },
      py::arg("device"), "The device with this name, or None for None; raises RuntimeError if it is missing.",
      internal);
  m.def(
      "get_default_device", [] { return device_object(default_device()); },
      "The device on which functions such as zeros() make tensors.");
  m.def(
      "set_default_device",
      [](const Place& device) {
        defaults.set.reset();
        if (device.device) defaults.set = parse(device.device->name());
      },
      py::arg("device"),
      "Sets the device on which functions such as zeros() make tensors in this thread; None is the CPU.");
  m.def(
      "get_default_dtype", [] { return default_dtype.load(); },
      "The dtype of new tensors of floats for which none is given.");
  m.def("set_default_dtype", set_default_dtype, py::arg("d"),
        "Sets the dtype of new tensors of floats for which none is given: float32 or float64.");
}

}  // namespace nncore::bind
