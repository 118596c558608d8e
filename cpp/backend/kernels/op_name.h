#pragma once

namespace nncore {

// The name of an op by its index in a list of ops: UnaryOps, LossOps...
template <template <class...> class List, class... Ops>
const char* op_name(List<Ops...>, int op) {
  constexpr const char* names[] = {Ops::name...};
  return names[op];
}

}  // namespace nncore
