#include "tensor.h"

#include <new>
#include <sstream>

namespace nncore {

namespace {
std::string describe(const Tensor& t) {
  std::ostringstream text;
  text << "a " << t.dtype() << " tensor of shape " << t.shape()
       << ", which has been modified in place since (version " << t.impl()->storage->version()
       << ", expected " << t.impl()->saved_version << ")";
  return text.str();
}
}  // namespace

ChangedSinceSaved::ChangedSinceSaved(const Tensor& t) : Error(describe(t)) {}

Tensor empty(const Shape& shape, DType dtype, Device& device) {
  check_sizes("empty", shape, size_of(dtype));
  const size_t bytes = size_t(shape.numel()) * size_of(dtype);
  try {
    return Tensor(Ref<Storage>(new Storage(bytes, device)), 0, shape, dtype);
  } catch (const std::bad_alloc&) {
    raise<MemoryError>("empty: no memory for ", bytes, " bytes, a ", dtype, " tensor of shape ", shape);
  }
}

}  // namespace nncore
