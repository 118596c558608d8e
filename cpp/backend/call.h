// A call is data: a copy of a kernel's struct that can be compared and run again. Eager mode runs the struct
// without a copy; a captured step stores calls and replays them.
#pragma once
#include <cstddef>
#include <cstring>
#include <span>

#include "kernel.h"

namespace nncore {

struct Call {
  static constexpr size_t max_bytes = 720;

  const KernelType* type = nullptr;
  int64_t cost;                    // estimated nanoseconds on one thread
  Generator* generator = nullptr;  // reserves the random numbers of a kernel that draws some
  alignas(16) std::byte memory[max_bytes];

  template <KernelStruct K>
  explicit Call(const K& k, Generator* generator = nullptr) : Call(kernel_type<K>, &k, generator) {
    static_assert(sizeof(K) <= max_bytes);
  }
  Call(const KernelType& type, const void* k, Generator* generator)
      : type(&type), cost(type.cost(k)), generator(generator) {
    std::memcpy(memory, k, type.bytes);
  }

  void draw() { type->draw(memory, *generator); }
  Kernel kernel() const { return type->kernel; }
  template <KernelStruct K>
  const K& as() const {
    return *reinterpret_cast<const K*>(memory);
  }
  template <KernelStruct K>
  K& as() {
    return *reinterpret_cast<K*>(memory);
  }
  // The struct begins with its operands.
  std::span<Operand> operands() { return {reinterpret_cast<Operand*>(memory), type->operands}; }
  std::span<const Operand> operands() const {
    return {reinterpret_cast<const Operand*>(memory), type->operands};
  }
};

}  // namespace nncore
