#include "tensor.h"

namespace nncore {

Tensor empty(const Shape& shape, DType dtype) {
  check_sizes("empty", shape, size_of(dtype));
  return Tensor(Ref<Storage>(new Storage(size_t(shape.numel()) * size_of(dtype))), 0, shape, dtype);
}

}  // namespace nncore
