// Tensor: a dense, row-major, immutable value; a handle to shape, type and shared storage.
#pragma once
#include "dtype.h"
#include "intrusive.h"
#include "shape.h"
#include "storage.h"

namespace nncore {

class TensorImpl final : public Object {
 public:
  TensorImpl(Ref<Storage> storage, int64_t byte_offset, const Shape& shape, DType dtype)
      : storage(std::move(storage)), byte_offset(byte_offset), shape(shape), dtype(dtype) {}

  Ref<Storage> storage;
  int64_t byte_offset;
  Shape shape;
  DType dtype;
  Device device = Device::cpu;

  // What the tape keeps on a value; the core only carries it.
  bool requires_grad = false;
  bool is_gradient = false;  // made by backward as some leaf's grad: it may be added to in place
  int output_index = 0;      // which output of grad_fn this value is
  Ref<Object> grad_fn;       // the node that made it; null for leaves
  Ref<Object> hooks;         // called with its gradient
  Ref<TensorImpl> grad;      // leaves only

  void* object = nullptr;  // what stands for this value in the user's language, not owned
};

class Tensor {
 public:
  Tensor() = default;
  explicit Tensor(Ref<TensorImpl> impl) : impl_(std::move(impl)) {}
  Tensor(Ref<Storage> storage, int64_t byte_offset, const Shape& shape, DType dtype)
      : impl_(new TensorImpl(std::move(storage), byte_offset, shape, dtype)) {}

  bool defined() const { return bool(impl_); }
  TensorImpl* impl() const { return impl_.get(); }
  const Ref<TensorImpl>& ref() const { return impl_; }

  const Shape& shape() const { return impl_->shape; }
  int ndim() const { return impl_->shape.ndim(); }
  int64_t size(int axis) const { return impl_->shape[axis < 0 ? axis + ndim() : axis]; }
  int64_t numel() const { return impl_->shape.numel(); }
  DType dtype() const { return impl_->dtype; }
  Device device() const { return impl_->device; }
  bool requires_grad() const { return impl_->requires_grad; }
  size_t bytes() const { return size_t(numel()) * size_of(dtype()); }
  void* data() const { return impl_->storage->data() + impl_->byte_offset; }
  template <class T>
  T* ptr() const {
    return static_cast<T*>(data());
  }

  // The same values under another shape, without history.
  Tensor alias(const Shape& shape) const {
    return Tensor(impl_->storage, impl_->byte_offset, shape, dtype());
  }
  Tensor detach() const { return alias(shape()); }
  // True when nobody else can see this value, so that it may be written again.
  bool unique() const { return impl_->use_count() == 1 && impl_->storage->use_count() == 1; }

 private:
  Ref<TensorImpl> impl_;
};

Tensor empty(const Shape& shape, DType dtype);
inline Tensor empty_like(const Tensor& t) { return empty(t.shape(), t.dtype()); }

}  // namespace nncore
