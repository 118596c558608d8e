#include "../embedding.h"

#include "../../autograd/tape.h"
#include "../scan.h"
#include "../shape.h"
#include "../sort.h"
#include "composed.h"
#include "parts.h"

namespace nncore::ops::composed {

namespace {

// Counts how often each of 0, 1, ..., n - 1 occurs in `index`.
Tensor counts(const char* op, const Tensor& index, int64_t n) {
  return scatter(op, whole_numbers({n}, 0, index), 0, index, whole_number(1, index), true);
}

// The first `count` rows of x.
Tensor first_rows(const Tensor& x, int64_t count) {
  const int64_t sizes[] = {count, x.size(0) - count};
  return split(x, sizes, 0)[0];
}

// x, whose gradient is divided by `count`.
Tensor divides_gradient(const Tensor& x, const Tensor& count) {
  Tensor y = x.detach();
  if (Tape tape{x})
    tape.record("embedding", y, [count](const Tensor& dy, InputGrads& dx) { dx[0] = divide(dy, count); });
  return y;
}

// The rows of the table for ids (count). With by_frequency, a row's gradient is divided by the number of
// times that its id occurs.
Tensor rows_of(const char* op, const Tensor& ids, const Tensor& table, bool by_frequency) {
  const Tensor rows = take_axis(op, table, 0, ids, false);
  if (!by_frequency) return rows;
  const Tensor times = take_axis(op, counts(op, ids, table.size(0)), 0, ids, false);
  return divides_gradient(rows, unsqueeze(cast(times, table.dtype()), 1));
}

// The index of each id's bag: -1 before the first bag, `bags` after the last one. An offset less than the one
// before it becomes -1, which is not a valid index.
Tensor bag_of_ids(const Tensor& ids, const Tensor& offsets, int64_t bags) {
  if (!offsets.defined()) return repeat_interleave(range(0, bags, ids), ids.size(1), 0);
  if (ids.numel() == 0) return range(0, 0, ids);
  const Tensor before[] = {whole_numbers({1}, 0, ids), first_rows(offsets, offsets.numel() - 1)};
  const Tensor starts = ops::masked_fill(offsets, test<formulas::Lt>(offsets, cat(before, 0)), {-1, -1});
  const Tensor begun = counts("embedding_bag", starts, ids.numel() + 1);
  return subtract(first_rows(cumsum(begun, 0), ids.numel()), whole_number(1, ids));
}

// The maximum over the rows of each bag, column by column; among equal rows, the first gets the gradient.
// Rows to skip form an additional last bag. After sorting by value and then by bag, the largest row of a bag
// is first.
Tensor largest(const Tensor& rows, const Tensor& bag, const Tensor& sizes) {
  constexpr const char* op = "embedding_bag";
  const int64_t count = rows.size(0), bags = sizes.numel() - 1;
  const Tensor by_value = sort(op, rows.detach(), -1, 0, true).indices;
  const Tensor by_bag = sort(op, take_axis(op, bag, 0, by_value, false), -1, 0, false).indices;
  const Tensor order = gather(by_value, 0, by_bag);
  const Tensor begin = subtract(cumsum(sizes, 0), sizes),
               readable = apply<formulas::Minimum>(begin, whole_number(count - 1, bag));
  const Tensor winner = take_axis(op, order, 0, first_rows(readable, bags), false);
  const Tensor is_empty = test<formulas::Eq>(first_rows(sizes, bags), whole_number(0, bag));
  return ops::masked_fill(gather(rows, 0, winner), unsqueeze(is_empty, 1), {0, 0});
}

}  // namespace

Tensor embedding(const Tensor& ids, const Tensor& table, int64_t padding, bool by_frequency) {
  const Tensor flat = cast(ids.alias({ids.numel()}), DType::int64);
  Tensor y = rows_of("embedding", flat, table, by_frequency);
  if (padding >= 0)  // the padding row gets no gradient
    y = where(unsqueeze(test<formulas::Eq>(flat, whole_number(padding, flat)), 1), y.detach(), y);
  Shape shape = ids.shape();
  shape.push_back(table.size(1));
  return reshape(y, shape);
}

Tensor embedding_bag(const Tensor& ids, const Tensor& offsets, const Tensor& table, const Bags& bags,
                     int64_t count) {
  const Tensor flat = ids.alias({ids.numel()}),
               is_padding = test<formulas::Eq>(flat, whole_number(bags.padding, flat));
  const Tensor bag = ops::masked_fill(bag_of_ids(ids, offsets, count), is_padding, {double(count), count});
  const Tensor sizes = counts("embedding_bag", bag, count + 1);
  Tensor rows = rows_of("embedding_bag", flat, table, bags.by_frequency);
  if (bags.mode == Bags::Mode::max && flat.numel() > 0) return largest(rows, bag, sizes);
  if (bags.weights.defined()) rows = multiply(rows, reshape(bags.weights, {flat.numel(), 1}));
  const Tensor none = zeros({count + 1, table.size(1)}, table);
  const Tensor total = first_rows(index_add(none, 0, bag, rows, 1), count);
  if (bags.mode != Bags::Mode::mean) return total;
  const Tensor divisor = apply<formulas::Maximum>(first_rows(sizes, count), whole_number(1, flat));
  return divide(total, unsqueeze(cast(divisor, table.dtype()), 1));
}

}  // namespace nncore::ops::composed
