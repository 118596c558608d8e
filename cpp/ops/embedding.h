// Rows of a table by id.
#pragma once
#include "../core/tensor.h"

namespace nncore::ops {

// padding: a row that gets no gradient, or -1; by_frequency divides a row's gradient by how often it occurs.
Tensor embedding(const Tensor& ids, const Tensor& table, int64_t padding, bool by_frequency);

// How rows of a table become one.
struct Bags {
  enum class Mode { sum, mean, max } mode;
  Tensor offsets;        // where the bags of ids (count,) begin; undefined: ids are (bags, length)
  bool has_end = false;  // one offset more, where the last bag ends
  int64_t padding = -1;  // ids that are left out and get no gradient, or -1
  bool by_frequency = false;
  Tensor weights;  // of a sum: one for each id
};

// Sum, mean or largest of the rows of each bag, 0 for an empty one: (bags, columns).
Tensor embedding_bag(const Tensor& ids, const Tensor& table, const Bags& bags);

}  // namespace nncore::ops
