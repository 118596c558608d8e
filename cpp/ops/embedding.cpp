#include "embedding.h"

#include "../autograd/tape.h"
#include "../backend/backend.h"
#include "cost.h"
#include "rows.h"

namespace nncore::ops {

namespace {

void check_table(const char* op, const Tensor& ids, const Tensor& table, int64_t padding) {
  float_only(op, "the table", table);
  check(table.ndim() == 2, op, ": the table has shape ", table.shape(), "; expected (rows, columns)");
  check<TypeError>(!is_floating(ids.dtype()) && ids.dtype() != DType::boolean, op, ": ids are ", ids.dtype(),
                   "; expected int64, int32 or uint8");
  check(padding >= -1 && padding < table.size(0), op, ": padding_idx ", padding, " is not one of ",
        table.size(0), " rows");
}

}  // namespace

Tensor embedding(const Tensor& ids, const Tensor& table, int64_t padding, bool by_frequency) {
  check_table("embedding", ids, table, padding);
  Shape shape = ids.shape();
  shape.push_back(table.size(1));
  const EmbeddingAttrs attrs = {ids.numel(), table.size(0), table.size(1), padding, by_frequency};
  Tensor y = empty(shape, table.dtype());
  const int64_t cost = byte_cost(int64_t(2 * y.bytes()));
  submit(Call(Kernel::embedding_fwd, cost, attrs, in(table), in(ids), out(y)));
  if (Tape tape{table})
    tape.record("embedding", y,
                [=, ids = ids.saved(), from = table.shape()](const Tensor& dy, InputGrads& d) {
                  d[0] = empty(from, dy.dtype());
                  submit(Call(Kernel::embedding_bwd, cost + byte_cost(int64_t(d[0].bytes())), attrs, in(ids),
                              in(dy), out(d[0])));
                });
  return y;
}

Tensor embedding_bag(const Tensor& ids, const Tensor& table, const Tensor& offsets, bool mean,
                     int64_t padding) {
  constexpr const char* op = "embedding_bag";
  check_table(op, ids, table, padding);
  check(ids.ndim() == (offsets.defined() ? 1 : 2), op, ": ids have shape ", ids.shape(),
        "; expected (bags, length), or (count,) with offsets");
  if (offsets.defined()) {
    check(offsets.ndim() == 1 && (offsets.numel() > 0 || ids.numel() == 0), op, ": offsets have shape ",
          offsets.shape(), "; expected (bags,)");
    check<TypeError>(offsets.dtype() == ids.dtype(), op, ": offsets are ", offsets.dtype(), " but ids are ",
                     ids.dtype(), "; both must be the same");
  }
  const int64_t bags = offsets.defined() ? offsets.numel() : ids.size(0);
  const EmbeddingBagAttrs attrs = {
      ids.numel(), bags, offsets.defined() ? -1 : ids.size(1), table.size(0), table.size(1), padding, mean};
  Tensor y = empty({bags, table.size(1)}, table.dtype());
  const int64_t cost =
      byte_cost(int64_t(y.bytes()) + ids.numel() * table.size(1) * int64_t(size_of(y.dtype())));
  submit(Call(Kernel::embedding_bag_fwd, cost, attrs, in(table), in(ids), in(offsets), out(y)));
  if (Tape tape{table})
    tape.record(op, y, [=, ids = ids.saved(), from = table.shape()](const Tensor& dy, InputGrads& d) {
      d[0] = empty(from, dy.dtype());
      submit(Call(Kernel::embedding_bag_bwd, cost + byte_cost(int64_t(d[0].bytes())), attrs, in(ids),
                  in(offsets), in(dy), out(d[0])));
    });
  return y;
}

}  // namespace nncore::ops
