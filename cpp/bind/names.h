// Lists the public names of the extension module: `_core.__all__` those of nncore, and `_core.functional`
// those of nncore.nn.functional. The Python packages take their names from these lists.
#pragma once
#include <pybind11/pybind11.h>

namespace nncore::bind {

struct Public {
  bool nncore, functional;
};
// Marks for `m.def(name, f, ..., mark)`. A function without a mark is public in the same places as its group.
constexpr Public internal = {false, false}, functional = {false, true}, everywhere = {true, true};

void mark(const pybind11::detail::function_record& function, Public where);

// Publishes the names bound since the last call: marked names according to their marks, the others according
// to `group`.
void publish(pybind11::module_& m, Public group);

}  // namespace nncore::bind

namespace pybind11::detail {

template <>
struct process_attribute<nncore::bind::Public> : process_attribute_default<nncore::bind::Public> {
  static void init(nncore::bind::Public where, function_record* function) {
    nncore::bind::mark(*function, where);
  }
};

}  // namespace pybind11::detail
