// Tensor: a dense, row-major, immutable value; a handle to shape, type and shared storage.
#pragma once
#include "dtype.h"
#include "error.h"
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

  // What the tape keeps on a value; the core only carries it.
  bool requires_grad = false;
  bool is_gradient = false;    // made by backward as some leaf's grad: it may be added to in place
  int output_index = 0;        // which output of grad_fn this value is
  uint32_t saved_version = 0;  // of the storage when saved for backward; 0: not saved
  Ref<Object> grad_fn;         // the node that made it; null for leaves
  Ref<Object> hooks;           // called with its gradient
  Ref<TensorImpl> grad;        // leaves only

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
  Device& device() const { return impl_->storage->device(); }
  bool requires_grad() const { return impl_->requires_grad; }
  size_t bytes() const { return size_t(numel()) * size_of(dtype()); }
  void* data() const { return impl_->storage->data() + impl_->byte_offset; }
  template <class T>  // on the host
  T* ptr() const {
    return static_cast<T*>(data());
  }
  // Element i, brought to the host.
  template <class T>
  T value_at(int64_t i) const {
    T value;
    device().download(&value, ptr<T>() + i, sizeof(T));
    return value;
  }

  // The same values under another shape, without history; or those from element `first` on.
  Tensor alias(const Shape& shape, int64_t first = 0) const {
    Tensor t(impl_->storage, impl_->byte_offset + first * int64_t(size_of(dtype())), shape, dtype());
    t.impl()->saved_version = impl_->saved_version;
    return t;
  }
  Tensor detach() const { return alias(shape()); }
  // The same for backward: where it reads the values, it raises if they have changed since.
  Tensor saved(bool read = true) const {
    Tensor t = detach();
    if (read) t.impl()->saved_version = impl_->storage->version();
    return t;
  }
  // True when nobody else can see this value, so that it may be written again.
  bool unique() const { return impl_->use_count() == 1 && impl_->storage->use_count() == 1; }

 private:
  Ref<TensorImpl> impl_;
};

// A saved value that is read after it has changed.
class ChangedSinceSaved : public Error {
 public:
  explicit ChangedSinceSaved(const Tensor& t);
};

// A tensor of undefined values; the device, and where it is not given the dtype, are those of `like`.
Tensor empty(const Shape& shape, DType dtype, Device& device);
inline Tensor empty(const Shape& shape, DType dtype, const Tensor& like) {
  return empty(shape, dtype, like.device());
}
inline Tensor empty(const Shape& shape, const Tensor& like) { return empty(shape, like.dtype(), like); }
inline Tensor empty_like(const Tensor& t) { return empty(t.shape(), t); }

}  // namespace nncore
