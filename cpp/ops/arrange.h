// Ops that split, pad, flip, roll and repeat tensors, and take diagonals. Each copies along axes.
#pragma once
#include <optional>
#include <span>
#include <vector>

#include "../backend/kernels/pad.h"
#include "../core/tensor.h"

namespace nncore::ops {

using List = std::span<const int64_t>;

std::vector<Tensor> split(const Tensor& x, List sizes, int64_t axis);
std::vector<Tensor> split(const Tensor& x, int64_t size, int64_t axis);  // the last part may be shorter
std::vector<Tensor> chunk(const Tensor& x, int64_t chunks,
                          int64_t axis);  // at most `chunks` parts; all but the last are equal
std::vector<Tensor> unbind(const Tensor& x, int64_t axis);
Tensor unflatten(const Tensor& x, int64_t axis, const Shape& sizes);

// widths: (left, right) of the last axis, then of the one before it, and so on; a negative width removes
// elements.
Tensor pad_constant(const Tensor& x, List widths, double value);
Tensor pad_copies(const Tensor& x, List widths, Padding mode);

Tensor flip(const Tensor& x, List axes);
Tensor roll(const Tensor& x, List shifts, List axes);  // without axes: rolls the flattened tensor
// `repeat`, and `tile`, whose `times` may be shorter than the shape. `op` is the name for errors.
Tensor repeat(const char* op, const Tensor& x, const Shape& times);
Tensor repeat_interleave(const Tensor& x, int64_t times, std::optional<int64_t> axis);
Tensor diagonal(const Tensor& x, int64_t offset, int64_t axis1, int64_t axis2);
Tensor diag(const Tensor& x, int64_t offset);  // of a matrix; of a vector: the matrix with this diagonal

}  // namespace nncore::ops
