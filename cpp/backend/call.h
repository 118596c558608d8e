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

// Every kernel that a device provides, in the order of its table.
enum class Kernel : uint16_t {
  unary_fwd,
  unary_bwd,
  binary_fwd,
  binary_bwd,
  compare,
  where,
  fill,
  copy,
  cast,
  reduce,
  arg_reduce,
  matmul,
  linear_bwd,
  softmax_fwd,
  softmax_bwd,
  cross_entropy_fwd,
  cross_entropy_bwd,
  squared_error_fwd,
  squared_error_bwd,
  gather_rows,
  scatter_add_rows,
  gather_axis,
  scatter_axis,
  ravel_index,
  masked_fill,
  triangle,
  nonzero_count,
  nonzero_fill,
  one_hot,
  pad_axis_fwd,
  pad_axis_bwd,
  fold_fwd,
  fold_bwd,
  prod_bwd,
  scan,
  cumprod_bwd,
  sort,
  random,
  permutation,
  sgd,
  adam,
  count
};

struct Arg {
  Storage* storage = nullptr;
  void* data = nullptr;  // null for an absent optional operand
  int64_t bytes = 0;
  DType dtype = DType::float32;
  bool written = false;
};

inline Arg in(const Tensor& t) {
  if (!t.defined()) return {};
  return {t.impl()->storage.get(), t.data(), int64_t(t.bytes()), t.dtype(), false};
}
inline Arg out(const Tensor& t) {
  if (!t.defined()) return {};
  return {t.impl()->storage.get(), t.data(), int64_t(t.bytes()), t.dtype(), true};
}

struct Call {
  static constexpr int max_args = 8;
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
      : kernel(kernel), cost(cost), same_attrs([](const Call& a, const Call& b) {
          return a.attrs<Attrs>() == b.attrs<Attrs>();
        }) {
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
  template <class T>
  T* arg(int i) const {
    return static_cast<T*>(args[i].data);
  }
};

}  // namespace nncore
