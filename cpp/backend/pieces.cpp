#include "pieces.h"

namespace nncore {

int64_t elements_of(const Call& call) {
  const int64_t n = call.type->elements(call.memory);
  for (const Operand& o : call.operands()) {
    const bool single = o.bytes == int64_t(size_of(o.dtype)) && (!o.written || reduces(call));
    if (o.bytes > 0 && !is_whole(o, n) && !single) return 0;
  }
  return n;
}

void cut(Call& call, int64_t begin, int64_t n, std::byte* local) {
  const int64_t all = call.type->elements(call.memory);
  for (Operand& o : call.operands()) {
    if (o.bytes == 0 || !is_whole(o, all)) continue;
    const auto size = int64_t(size_of(o.dtype));
    o.data = o.local >= 0 ? local + o.local : static_cast<std::byte*>(o.data) + begin * size;
    o.bytes = n * size;
  }
  call.type->cut(call.memory, n);
}

}  // namespace nncore
