// Where the names of the extension module are public: `_core.__all__` lists those of nncore,
// `_core.functional` those of nncore.nn.functional. Python takes both from here.
#pragma once
#include <pybind11/pybind11.h>

namespace nncore::bind {

struct Public {
  bool nncore, functional;
};
// Marks for `m.def(name, f, ..., mark)`. A function without a mark is public where its group is.
constexpr Public internal = {false, false}, functional = {false, true}, everywhere = {true, true};

void mark(const pybind11::detail::function_record& function, Public where);

// Publishes what has been bound since the last call: the marked names as they say, the others as `group`
// does.
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
