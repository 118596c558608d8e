#include "tensor.h"

#include <new>

namespace nncore {

Tensor empty(const Shape& shape, DType dtype) {
  check_sizes("empty", shape, size_of(dtype));
  const size_t bytes = size_t(shape.numel()) * size_of(dtype);
  try {
    return Tensor(Ref<Storage>(new Storage(bytes)), 0, shape, dtype);
  } catch (const std::bad_alloc&) {
    raise<MemoryError>("empty: no memory for ", bytes, " bytes, a ", dtype, " tensor of shape ", shape);
  }
}

}  // namespace nncore
