// A call is data: which kernel, on which memory, with which small attributes. Ops, backward and optimizers
// make calls; eager mode runs each at once, a captured step keeps them and replays them.
#pragma once
#include <concepts>
#include <cstddef>
#include <cstring>
#include <type_traits>
#include <utility>

#include "../core/tensor.h"

namespace nncore {

class Generator;

enum class Kernel : uint16_t {
#define NNCORE_KERNEL(name) name,
#include "kernel_list.inl"
#undef NNCORE_KERNEL
  count
};

struct Arg {
  Storage* storage = nullptr;
  void* data = nullptr;  // null for an absent optional operand
  int64_t bytes = 0;
  DType dtype = DType::float32;
  bool written = false;
  int32_t local = -1;  // in a plan: where in the memory of a piece, instead of data
};

inline Arg in(const Tensor& t) {
  if (!t.defined()) return {};
  Storage* const storage = t.impl()->storage.get();
  if (t.impl()->saved_version != 0 && t.impl()->saved_version != storage->version()) [[unlikely]]
    throw ChangedSinceSaved(t);
  return {storage, t.data(), int64_t(t.bytes()), t.dtype(), false};
}
inline Arg out(const Tensor& t) {
  if (!t.defined()) return {};
  Storage& storage = *t.impl()->storage;
  if (storage.read_only()) [[unlikely]]
    raise<ValueError>("this tensor of shape ", t.shape(),
                      " lies in the memory of a read-only array, which "
                      "cannot be written or trained; take nncore.tensor(array), a copy");
  storage.changed();
  return {&storage, t.data(), int64_t(t.bytes()), t.dtype(), true};
}

struct Call {
  static constexpr int max_args = 12;
  static constexpr size_t max_attrs = 320;

  Kernel kernel;
  Device device = Device::cpu;
  uint8_t n_args = 0;
  int64_t cost;                    // estimated nanoseconds on one thread
  Generator* generator = nullptr;  // where a kernel that draws random numbers reserves them, when it runs
  bool (*same_attrs)(const Call&, const Call&);
  Arg args[max_args];
  alignas(16) std::byte attrs_bytes[max_attrs];

  template <std::equality_comparable Attrs, class... Args>
  Call(Kernel kernel, int64_t cost, const Attrs& attrs, const Args&... operands)
      : kernel(kernel),
        cost(cost),
        same_attrs([](const Call& a, const Call& b) { return a.attrs<Attrs>() == b.attrs<Attrs>(); }) {
    static_assert(std::is_trivially_copyable_v<Attrs> && sizeof(Attrs) <= max_attrs &&
                  sizeof...(Args) <= max_args);
    std::memcpy(attrs_bytes, &attrs, sizeof(Attrs));
    ((args[n_args++] = operands), ...);
  }

  Call&& draws_from(Generator& g) && {
    generator = &g;
    return std::move(*this);
  }

  template <class Attrs>
  const Attrs& attrs() const {
    return *reinterpret_cast<const Attrs*>(attrs_bytes);
  }
  template <class Attrs>
  Attrs& attrs() {
    return *reinterpret_cast<Attrs*>(attrs_bytes);
  }
  template <class T>
  T* arg(int i) const {
    return static_cast<T*>(args[i].data);
  }
};

}  // namespace nncore
