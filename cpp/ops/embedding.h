// Ops that look up rows of a table by id.
#pragma once
#include "../core/tensor.h"

namespace nncore::ops {

// padding: the row that gets no gradient, or -1. by_frequency: divide the gradient of a row by the number of
// times that it occurs.
Tensor embedding(const Tensor& ids, const Tensor& table, int64_t padding, bool by_frequency);

// How the rows of a bag are combined into one.
struct Bags {
  enum class Mode { sum, mean, max } mode;
  Tensor offsets;        // the start of each bag in ids (count,); undefined: ids are (bags, length)
  bool has_end = false;  // offsets have one more element: the end of the last bag
  int64_t padding = -1;  // the id that is skipped and gets no gradient, or -1
  bool by_frequency = false;
  Tensor weights;  // one per id; only for a sum
};

// The sum, mean or maximum of the rows of each bag: (bags, columns). An empty bag gives 0.
Tensor embedding_bag(const Tensor& ids, const Tensor& table, const Bags& bags);

}  // namespace nncore::ops
