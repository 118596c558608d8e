#include "kernel.h"

namespace nncore {

namespace {

constexpr const char* names[] = {
#define NNCORE_KERNEL(name, Type) #name,
#include "kernel_list.inl"
#undef NNCORE_KERNEL
};

Operand operand(const Tensor& t, bool written) {
  return {t.impl()->storage.get(), t.data(), int64_t(t.bytes()), t.dtype(), written};
}

}  // namespace

const char* name_of(Kernel kernel) { return names[size_t(kernel)]; }

In::In(const Tensor& t) {
  if (!t.defined()) return;
  const uint32_t saved = t.impl()->saved_version;
  if (saved != 0 && saved != t.impl()->storage->version()) [[unlikely]]
    throw ChangedSinceSaved(t);
  static_cast<Operand&>(*this) = operand(t, false);
}

Out::Out(const Tensor& t) {
  if (!t.defined()) return;
  Storage& storage = *t.impl()->storage;
  if (storage.read_only()) [[unlikely]]
    raise<ValueError>("this tensor of shape ", t.shape(),
                      " is in the memory of a read-only array, which "
                      "cannot be written or trained; copy it with nncore.tensor(array)");
  storage.changed();
  static_cast<Operand&>(*this) = operand(t, true);
}

}  // namespace nncore
