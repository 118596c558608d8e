// Rows of a table by id.
#pragma once
#include "../core/tensor.h"

namespace nncore::ops {

// padding: a row that gets no gradient, or -1; by_frequency divides a row's gradient by how often it occurs.
Tensor embedding(const Tensor& ids, const Tensor& table, int64_t padding, bool by_frequency);

// Sums (or means) of rows: ids (bags, length), or (count) cut where offsets (bags) say.
Tensor embedding_bag(const Tensor& ids, const Tensor& table, const Tensor& offsets, bool mean,
                     int64_t padding);

}  // namespace nncore::ops
