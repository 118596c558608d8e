// Writes into tensors. In-place methods, augmented assignment and x[i] = v all end here. Each write either
//   * changes the memory of the target, if the tape does not record it, or
//   * makes new values that the target takes over, with their history, if the tape records it. Values that are
//     saved for backward stay as they are.
#pragma once
#include "../backend/kernels/random.h"
#include "../core/random.h"
#include "../core/tensor.h"

namespace nncore::ops {

// Raises RuntimeError if the target is a copy where PyTorch has a view. `op` is the name in errors.
void check_whole(const char* op, const Tensor& target);
// Raises RuntimeError also if the target is a leaf that requires a gradient and ops are recorded.
void check_target(const char* op, const Tensor& target);

// Writes a result of an op, of the target's shape. Raises ValueError for another shape, and TypeError for a
// dtype that the target's dtype cannot represent, such as float32 for int64.
void assign(const char* op, const Tensor& target, const Tensor& value);

// Writes any values, which are broadcast to the target's shape and converted to its dtype.
void copy_into(const char* op, const Tensor& target, const Tensor& values);

// Writes random numbers; `draw` says which.
struct Draw {
  Distribution distribution;
  double a = 0, b = 0;
  int64_t low = 0, high = 0;
};
void draw_into(const char* op, const Tensor& target, Generator& generator, const Draw& draw);
// 1 with the probability `chance`, which is broadcast, else 0.
void draw_bernoulli(const Tensor& target, Generator& generator, const Tensor& chance);
// The exponential distribution: -log(1 - u) / rate.
void draw_exponential(const Tensor& target, Generator& generator, double rate);

// The elements start + i . strides of a tensor, for every index i below shape.
struct Region {
  Shape shape;
  Strides strides;
  int64_t start = 0;
};
// Writes values into some elements of the target, which a region or int64 positions in row-major order name.
// The values are broadcast and converted. The last value wins if a position is repeated.
void set_region(const Tensor& target, const Region& region, const Tensor& values);
void set_positions(const Tensor& target, const Tensor& positions, const Tensor& values);
// Adds values of the target's dtype instead; a repeated position counts as often as it appears.
void add_positions(const Tensor& target, const Tensor& positions, const Tensor& values);
// Writes a value into the main diagonal of a tensor whose axes, if more than two, have one size. If `wrap`, the
// diagonal of a tall matrix continues in the rows below.
void fill_diagonal(const Tensor& target, const Tensor& value, bool wrap);

}  // namespace nncore::ops
