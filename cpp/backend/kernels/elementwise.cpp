#include "elementwise.h"

#include "../../core/error.h"

namespace nncore {
#include "../elementwise_list.h"

namespace {

template <class... Ops>
const char* op_name(OpList<Ops...>, int op) {
  constexpr const char* names[] = {Ops::name...};
  return names[op];
}

}  // namespace

std::string UnaryFwd::text() const { return op_name(UnaryOps(), op); }
std::string UnaryBwd::text() const { return op_name(UnaryOps(), op); }
std::string BinaryFwd::text() const { return op_name(BinaryOps(), op); }
std::string BinaryBwd::text() const { return op_name(BinaryOps(), op); }
std::string Compare::text() const { return op_name(CompareOps(), op); }
std::string Bitwise::text() const { return op_name(BitwiseOps(), op); }
std::string Cast::text() const { return std::string(name(x.dtype)) + " to " + name(y.dtype); }

// Of integers.
void BinaryFwd::fail(const Fault&) const {
  if (op == BinaryOps::index_of<formulas::Pow>)
    raise<ValueError>("pow: an integer to a negative power is not an integer; convert with .float()");
  raise<ValueError>(op_name(BinaryOps(), op), ": an integer divided by zero");
}

void CheckFinite::fail(const Fault& f) const { raise<DivergenceError>("became ", f.least); }

}  // namespace nncore
