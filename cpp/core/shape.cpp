#include "shape.h"

namespace nncore {

Strides contiguous_strides(const Shape& shape) {
  Strides strides = shape;
  int64_t step = 1;
  for (int i = shape.ndim() - 1; i >= 0; i--) {
    strides[i] = step;
    step *= shape[i];
  }
  return strides;
}

Shape broadcast(const char* op, const Shape& a, const Shape& b) {
  const Shape& longer = a.ndim() >= b.ndim() ? a : b;
  const Shape& shorter = a.ndim() >= b.ndim() ? b : a;
  Shape out = longer;
  const int lead = longer.ndim() - shorter.ndim();
  for (int i = 0; i < shorter.ndim(); i++) {
    const int64_t p = longer[lead + i], q = shorter[i];
    check(p == q || p == 1 || q == 1, op, ": shapes ", a, " and ", b, " do not broadcast: axis ",
          i - shorter.ndim(), " has sizes ", p, " and ", q, "; make them equal or one of them 1");
    out[lead + i] = p == 1 ? q : p;
  }
  return out;
}

Strides broadcast_strides(const Shape& from, const Shape& to) {
  const Strides own = contiguous_strides(from);
  Strides strides = to;
  const int lead = to.ndim() - from.ndim();
  for (int i = 0; i < to.ndim(); i++) strides[i] = i < lead || from[i - lead] == 1 ? 0 : own[i - lead];
  return strides;
}

int normalize_axis(const char* op, int64_t axis, int ndim) {
  const int64_t span = std::max(ndim, 1);  // a 0-dimensional tensor accepts axes 0 and -1, as in PyTorch
  check<IndexError>(axis >= -span && axis < span, op, ": dim ", axis, " is out of range for a tensor with ",
                    ndim, " dimensions; expected ", -span, " to ", span - 1);
  return int(axis < 0 ? axis + span : axis);
}

void check_sizes(const char* op, const Shape& shape, size_t item_size) {
  int64_t bytes = int64_t(item_size);
  for (int64_t s : shape) {
    check(s >= 0, op, ": negative dimension in shape ", shape, "; sizes must be 0 or more");
    check(s == 0 || !__builtin_mul_overflow(bytes, s, &bytes), op, ": shape ", shape,
          " has more elements than memory can hold");
  }
}

}  // namespace nncore
