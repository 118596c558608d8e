#include "embedding.h"

#include "../autograd/tape.h"
#include "../backend/backend.h"
#include "../backend/kernels/embedding.h"
#include "composed/composed.h"
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
  if (!runs<EmbeddingFwd, EmbeddingBwd>(table)) return composed::embedding(ids, table, padding, by_frequency);
  Shape shape = ids.shape();
  shape.push_back(table.size(1));
  Tensor y = empty(shape, table);
  submit(EmbeddingFwd{.table = table,
                      .ids = ids,
                      .y = y,
                      .count = ids.numel(),
                      .rows = table.size(0),
                      .cols = table.size(1)});
  if (Tape tape{table})
    tape.record(
        "embedding", y,
        [ids = ids.saved(), from = table.shape(), padding, by_frequency](const Tensor& dy, InputGrads& d) {
          d[0] = empty(from, dy);
          submit(EmbeddingBwd{.ids = ids,
                              .dy = dy,
                              .dtable = d[0],
                              .count = ids.numel(),
                              .rows = from[0],
                              .cols = from[1],
                              .padding = padding,
                              .by_frequency = by_frequency});
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
  check(!is_max || !bags.by_frequency, op, ": scale_grad_by_freq cannot be used with mode='max'");
  const bool is_mean = bags.mode == Bags::Mode::mean;
  const BagSizes sizes = {.count = ids.numel(),
                          .bags = offsets.defined() ? offsets.numel() - ends : ids.size(0),
                          .length = offsets.defined() ? -1 : ids.size(1),
                          .rows = table.size(0),
                          .cols = table.size(1),
                          .padding = bags.padding,
                          .has_end = ends > 0};
  const bool composes = is_max ? !runs<EmbeddingBagMaxFwd, EmbeddingBagMaxBwd>(table)
                               : !runs<EmbeddingBagFwd, EmbeddingBagBwd, EmbeddingBagWeightsBwd>(table);
  if (composes) return composed::embedding_bag(ids, offsets, table, bags, sizes.bags);
  Tensor y = empty({sizes.bags, sizes.cols}, table);
  if (is_max) {
    submit(EmbeddingBagMaxFwd{.table = table, .ids = ids, .offsets = offsets, .y = y, .sizes = sizes});
    if (Tape tape{table})
      tape.record(op, y,
                  [sizes, table = table.saved(), ids = ids.saved(), y = y.saved(),
                   offsets = offsets.defined() ? offsets.saved() : offsets](const Tensor& dy, InputGrads& d) {
                    d[0] = empty_like(table);
                    submit(EmbeddingBagMaxBwd{.table = table,
                                              .ids = ids,
                                              .offsets = offsets,
                                              .y = y,
                                              .dy = dy,
                                              .dtable = d[0],
                                              .sizes = sizes});
                  });
    return y;
  }
  submit(EmbeddingBagFwd{.table = table,
                         .ids = ids,
                         .offsets = offsets,
                         .weights = weights,
                         .y = y,
                         .sizes = sizes,
                         .mean = is_mean});
  if (Tape tape{table, weights})
    tape.record(
        op, y,
        [sizes, is_mean, by_frequency = bags.by_frequency, ids = ids.saved(),
         offsets = offsets.defined() ? offsets.saved() : offsets,
         weights = weights.defined() ? weights.saved(table.requires_grad()) : weights,
         table = table.saved(weights.defined() && weights.requires_grad())](const Tensor& dy, InputGrads& d) {
          if (d.needs(0)) {
            d[0] = empty_like(table);
            submit(EmbeddingBagBwd{.ids = ids,
                                   .offsets = offsets,
                                   .weights = weights,
                                   .dy = dy,
                                   .dtable = d[0],
                                   .sizes = sizes,
                                   .mean = is_mean,
                                   .by_frequency = by_frequency});
          }
          if (d.needs(1)) {
            d[1] = empty_like(weights);
            submit(EmbeddingBagWeightsBwd{
                .table = table, .ids = ids, .offsets = offsets, .dy = dy, .dweights = d[1], .sizes = sizes});
          }
        });
  return y;
}

}  // namespace nncore::ops
