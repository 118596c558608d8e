// Ops that change the shape of a tensor. reshape shares its storage; the others copy.
#pragma once
#include <optional>
#include <span>
#include <vector>

#include "../core/tensor.h"

namespace nncore::ops {

Tensor reshape(const Tensor& x, Shape shape);  // one size may be -1
Tensor permute(const Tensor& x, std::span<const int64_t> axes);
Tensor transpose(const Tensor& x, int64_t axis0, int64_t axis1);
Tensor expand(const Tensor& x, const Shape& shape);
Tensor squeeze(const Tensor& x, std::optional<std::span<const int64_t>> axes);
Tensor unsqueeze(const Tensor& x, int64_t axis);
Tensor flatten(const Tensor& x, int64_t first, int64_t last);
Tensor cat(std::span<const Tensor> xs, int64_t axis);
Tensor stack(std::span<const Tensor> xs, int64_t axis);

// The elements start, start + step, ... of an axis, `count` in all; step may be negative.
struct Slice {
  int64_t start, step, count;
};
Tensor slice(const Tensor& x, std::span<const Slice> slices);

Tensor clone(const Tensor& x);
Tensor cast(const Tensor& x, DType dtype);

// The gradient of a broadcast: x summed over the axes along which `shape` was broadcast.
Tensor sum_to(const Tensor& x, const Shape& shape);

}  // namespace nncore::ops
