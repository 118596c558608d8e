// The docstring of an elementwise op, from its formula.
#pragma once
#include <string>

namespace nncore::bind {

template <class Op>
std::string documentation() {
  return std::string(Op::formula) + ", element by element; derivative " + Op::derivative + ".";
}

}  // namespace nncore::bind
