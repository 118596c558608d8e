// Names of devices: nncore.device and the argument `device` of functions.
#pragma once
#include <string>

#include "../core/device.h"
#include "casters.h"

namespace nncore::bind {

// The type of nncore.device. It may name a device that this process does not have.
struct PyDevice {
  std::string type;
  std::optional<int64_t> index;

  std::string text() const { return index ? type + ":" + std::to_string(*index) : type; }
  bool operator==(const PyDevice&) const = default;
};

// "cuda:0", 0 or an nncore.device; null for objects of other types. Raises ValueError for another name.
std::optional<PyDevice> to_device_name(py::handle object);

// Raises RuntimeError or ValueError if this process does not have the device.
Device& find_device(const PyDevice& name);
// The device of `with nncore.device(...)` or of set_default_device().
Device& default_device();
// One nncore.device per device.
py::object device_object(const Device& device);

// The argument `device`.
struct Place {
  Device* device = nullptr;  // null: None

  Device& value_or(Device& other) const { return device ? *device : other; }
};

}  // namespace nncore::bind

namespace pybind11::detail {

template <>
struct type_caster<nncore::bind::Place> {
  PYBIND11_TYPE_CASTER(nncore::bind::Place, const_name("nncore._core.device | str | int | None"));
  bool load(handle source, bool) {
    if (source.is_none()) return true;
    const auto name = nncore::bind::to_device_name(source);
    if (name) value.device = &nncore::bind::find_device(*name);
    return name.has_value();
  }
  static handle cast(const nncore::bind::Place& place, return_value_policy, handle) {
    return place.device ? nncore::bind::device_object(*place.device).release() : none().release();
  }
};

}  // namespace pybind11::detail
