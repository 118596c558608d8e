// Compositions of masked_fill, triangle, one_hot and pad_axis.
#include "../arrange.h"
#include "../index.h"
#include "../shape.h"
#include "composed.h"
#include "parts.h"

namespace nncore::ops::composed {

namespace {

// For each element of the padded axis: the index of the element of x that it copies.
Tensor padded_index(const Tensor& x, int64_t n, int64_t left, int64_t right, Padding mode) {
  const Tensor inside = range(0, n, x);
  const auto around = [&](const Tensor& before, const Tensor& after) {
    const Tensor parts[] = {before, inside, after};
    return cat(parts, 0);
  };
  if (mode == Padding::reflect) return around(range(left, 0, x, -1), range(n - 2, n - 2 - right, x, -1));
  if (mode == Padding::circular) return around(range(n - left, n, x), range(0, right, x));
  return around(whole_numbers({left}, 0, x), whole_numbers({right}, n - 1, x));
}

}  // namespace

Tensor masked_fill(const Tensor& x, const Tensor& mask, FillValue value, bool where_true) {
  const Tensor filling =
      is_floating(x.dtype()) ? number(value.real, x) : full_integer({}, value.integer, x.dtype(), x.device());
  return where_true ? where(mask, filling, x) : where(mask, x, filling);
}

// Keeps column <= row + diagonal, or column >= row + diagonal.
Tensor triangle(const Tensor& x, int64_t diagonal, bool lower) {
  const Tensor limit = unsqueeze(range(diagonal, diagonal + x.size(-2), x), 1),
               column = range(0, x.size(-1), x);
  const Tensor kept = lower ? test<formulas::Le>(column, limit) : test<formulas::Ge>(column, limit);
  return ops::masked_fill(x, kept, {0, 0}, false);
}

Tensor one_hot(const Tensor& x, int64_t classes) {
  Shape shape = x.shape();
  shape.push_back(classes);
  return scatter("one_hot", whole_numbers(shape, 0, x), -1, unsqueeze(x, -1), whole_number(1, x), false);
}

Tensor pad_axis(const Tensor& x, int64_t axis, int64_t left, int64_t right, Padding mode) {
  return index_select(x, axis, padded_index(x, x.size(int(axis)), left, right, mode));
}

}  // namespace nncore::ops::composed
