// What a captured step looked at in Python, and whether it is still so.
#pragma once
#include "../core/intrusive.h"
#include "collect.h"
#include "module.h"

namespace nncore::bind {

// Whether two constants are the same: floats by their bits, so that -0 is not 0 and NaN is NaN.
bool same_constant(PyObject* a, PyObject* b);

class Guards final : public Object {
 public:
  // places: tuples (holder, key, value, ...). The key is a name in a cell, dict, class or object, where
  // NotImplemented stands for nothing; "__code__" of a function, with the value a tuple of code and defaults;
  // ... for all that is in a list or dict, with the value a tuple of it; or a function that makes a value of
  // the holder.
  explicit Guards(const py::list& places);

  bool hold() const;
  void visit(Visitor& visitor) const;
  void forget() { std::exchange(guards_, {}); }

 private:
  enum class Kind { Cell, Name, Attribute, Items, Entries, Function, Told };
  struct Guard {
    Kind kind;
    py::object holder, key, value;
    bool holds() const;
  };
  std::vector<Guard> guards_;
};

}  // namespace nncore::bind
