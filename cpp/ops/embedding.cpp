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

Tensor embedding_bag(const Tensor& input, const Tensor& table, const Bags& bags) {
  constexpr const char* op = "embedding_bag";
  check_table(op, input, table, bags.padding);
  if (bags.offsets.defined())
    check<TypeError>(bags.offsets.dtype() == input.dtype(), op, ": offsets are ", bags.offsets.dtype(),
                     " but ids are ", input.dtype(), "; both must be the same");
  const Tensor ids = cast(input, DType::int64),
               offsets = bags.offsets.defined() ? cast(bags.offsets, DType::int64) : Tensor();
  check(ids.ndim() == (offsets.defined() ? 1 : 2), op, ": ids have shape ", ids.shape(),
        "; expected (bags, length), or (count,) with offsets");
  const int64_t ends = bags.has_end && offsets.defined();
  if (offsets.defined())
    check(offsets.ndim() == 1 && (offsets.numel() > 0 || (ids.numel() == 0 && !ends)), op,
          ": offsets have shape ", offsets.shape(), "; expected ", ends ? "(bags + 1,)" : "(bags,)");
  const Tensor& weights = bags.weights;
  if (weights.defined()) {
    check(bags.mode == Bags::Mode::sum, op, ": per_sample_weights need mode='sum'");
    check(weights.shape() == ids.shape(), op, ": per_sample_weights have shape ", weights.shape(),
          " but the ids ", ids.shape());
    check<TypeError>(weights.dtype() == table.dtype(), op, ": per_sample_weights are ", weights.dtype(),
                     " but the table is ", table.dtype());
  }
  const bool is_max = bags.mode == Bags::Mode::max;
  check(!is_max || !bags.by_frequency, op, ": mode 'max' takes no scale_grad_by_freq");
  const EmbeddingBagAttrs attrs = {.count = ids.numel(),
                                   .bags = offsets.defined() ? offsets.numel() - ends : ids.size(0),
                                   .length = offsets.defined() ? -1 : ids.size(1),
                                   .rows = table.size(0),
                                   .cols = table.size(1),
                                   .padding = bags.padding,
                                   .mean = bags.mode == Bags::Mode::mean,
                                   .by_frequency = bags.by_frequency,
                                   .has_end = ends > 0};
  Tensor y = empty({attrs.bags, attrs.cols}, table.dtype());
  const int64_t cost = byte_cost(int64_t(y.bytes()) + attrs.count * attrs.cols * int64_t(size_of(y.dtype())));
  const int64_t back_cost = cost + byte_cost(int64_t(table.bytes()));
  if (is_max) {
    submit(Call(Kernel::embedding_bag_max_fwd, cost, attrs, in(table), in(ids), in(offsets), out(y)));
    if (Tape tape{table})
      tape.record(op, y,
                  [=, table = table.saved(), ids = ids.saved(), y = y.saved(),
                   offsets = offsets.defined() ? offsets.saved() : offsets](const Tensor& dy, InputGrads& d) {
                    d[0] = empty_like(table);
                    submit(Call(Kernel::embedding_bag_max_bwd, back_cost, attrs, in(table), in(ids),
                                in(offsets), in(y), in(dy), out(d[0])));
                  });
    return y;
  }
  submit(Call(Kernel::embedding_bag_fwd, cost, attrs, in(table), in(ids), in(offsets), in(weights), out(y)));
  if (Tape tape{table, weights})
    tape.record(
        op, y,
        [=, ids = ids.saved(), offsets = offsets.defined() ? offsets.saved() : offsets,
         weights = weights.defined() ? weights.saved(table.requires_grad()) : weights,
         table = table.saved(weights.defined() && weights.requires_grad())](const Tensor& dy, InputGrads& d) {
          if (d.needs(0)) {
            d[0] = empty_like(table);
            submit(Call(Kernel::embedding_bag_bwd, back_cost, attrs, in(ids), in(offsets), in(weights),
                        in(dy), out(d[0])));
          }
          if (d.needs(1)) {
            d[1] = empty_like(weights);
            submit(Call(Kernel::embedding_bag_weights_bwd, cost, attrs, in(table), in(ids), in(offsets),
                        in(dy), out(d[1])));
          }
        });
  return y;
}

}  // namespace nncore::ops
