// Tensor: a contiguous, row-major value; a handle to shape, dtype and shared storage.
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
  ~TensorImpl() override {
    if (is_saved) storage->count_saved(-1);
  }

  Ref<Storage> storage;
  int64_t byte_offset;
  Shape shape;
  DType dtype;

  // Data of the tape. The core only stores it.
  bool requires_grad = false;
  bool is_gradient = false;    // made by backward as the grad of a leaf: backward may add to it in place
  bool is_saved = false;       // for backward
  bool is_part = false;        // a copy of a part of another tensor, where PyTorch has a view
  int output_index = 0;        // the index of this value among the outputs of grad_fn
  uint32_t saved_version = 0;  // the storage's version when saved for backward; 0 if not saved
  Ref<Object> grad_fn;         // the node that made it; null for leaves
  Ref<Object> hooks;           // called with its gradient
  Ref<TensorImpl> grad;        // leaves only

  void* object = nullptr;  // the object of the user's language for this value; not owned
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
  // Element i, downloaded to the host.
  template <class T>
  T value_at(int64_t i) const {
    T value;
    device().download(&value, ptr<T>() + i, sizeof(T));
    return value;
  }

  // A view without history: the values from element `first` on, in another shape.
  Tensor alias(const Shape& shape, int64_t first = 0) const {
    Tensor t(impl_->storage, impl_->byte_offset + first * int64_t(size_of(dtype())), shape, dtype());
    t.impl()->saved_version = impl_->saved_version;
    t.impl()->is_part = impl_->is_part;
    if (impl_->is_saved) t.mark_saved();
    return t;
  }
  Tensor detach() const { return alias(shape()); }
  // A view for backward. If `read`, reading it raises when the values have changed since.
  Tensor saved(bool read = true) const {
    Tensor t = detach();
    if (!t.impl()->is_saved) t.mark_saved();
    if (read) t.impl()->saved_version = impl_->storage->version();
    return t;
  }
  // True if no other tensor shares this value: it may be written in place.
  bool unique() const { return impl_->use_count() == 1 && impl_->storage->use_count() == 1; }

 private:
  void mark_saved() {
    impl_->is_saved = true;
    impl_->storage->count_saved(1);
  }

  Ref<TensorImpl> impl_;
};

// Raised when a saved value is read after it has changed.
class ChangedSinceSaved : public Error {
 public:
  explicit ChangedSinceSaved(const Tensor& t);
};

// A tensor of undefined values. The device, and the dtype if not given, are those of `like`.
Tensor empty(const Shape& shape, DType dtype, Device& device);
inline Tensor empty(const Shape& shape, DType dtype, const Tensor& like) {
  return empty(shape, dtype, like.device());
}
inline Tensor empty(const Shape& shape, const Tensor& like) { return empty(shape, like.dtype(), like); }
inline Tensor empty_like(const Tensor& t) { return empty(t.shape(), t); }

}  // namespace nncore
