// A kernel is described by one struct: its named operands, then its attributes (sizes, strides and constants,
// which the op decides), then its properties as members:
//
//   struct NormFwd {
//     static constexpr Kernel kernel = Kernel::norm_fwd;
//     In x, weight = {};                                  // operands; `= {}` marks an optional one
//     Out y;
//     int64_t rows, cols;                                 // attributes
//     int64_t cost() const;                               // estimated nanoseconds on one thread
//     double flops() const;                               // optional: for reports
//     std::string text() const;                           // optional: sizes and variant, for reports
//     int64_t elements() const; void cut(int64_t n);      // optional: see pieces.h
//     RandomBlocks random = {}; uint64_t blocks() const;  // optional: the random numbers that it draws
//     static constexpr bool mixes_types = true;           // optional: takes both float32 and float64
//     bool takes_storage_types() const;                   // optional: takes float16, int8 and the like
//     [[noreturn]] void fail(const Fault&) const;         // optional: raises the error of a fault (fault.h)
//     bool operator==(const NormFwd&) const = default;    // true if a replay of one repeats the other
//   };
//
// An op submits it with designated initializers, submit(NormFwd{.x = x, .y = y, ...}); a backend implements
// run(const NormFwd&).
#pragma once
#include <bit>
#include <concepts>
#include <cstddef>
#include <string>
#include <type_traits>

#include "../core/random.h"
#include "../core/tensor.h"
#include "fault.h"

namespace nncore {

enum class Kernel : uint16_t {
#define NNCORE_KERNEL(name, Type) name,
#include "kernel_list.inl"
#undef NNCORE_KERNEL
  count
};
const char* name_of(Kernel kernel);

// The memory of an operand. Calls are compared by their buffers (plan/record.h) instead of addresses, so any
// two operands compare equal.
struct Operand {
  Storage* storage = nullptr;
  void* data = nullptr;  // null for an absent optional operand
  int64_t bytes = 0;
  DType dtype = DType::float32;
  bool written = false;
  int32_t local = -1;  // in a plan: an offset in the memory of a piece, used instead of data

  explicit operator bool() const { return data != nullptr; }
  friend constexpr bool operator==(const Operand&, const Operand&) { return true; }
};

// An operand that a kernel reads. An undefined tensor gives an absent operand.
struct In : Operand {
  In() = default;
  In(const Tensor& t);
  template <class T>
  const T* as() const {
    return static_cast<const T*>(data);
  }
};

// An operand that a kernel writes; it may also read it.
struct Out : Operand {
  Out() = default;
  Out(const Tensor& t);
  template <class T>
  T* as() const {
    return static_cast<T*>(data);
  }
};

// An operand that only some calls of a kernel write: State(In(t)) or State(Out(t)).
struct State : Out {
  State() = default;
  explicit State(const In& in) { static_cast<Operand&>(*this) = in; }
  explicit State(const Out& out) : Out(out) {}
};

// A number given by the user. Compared by its bits: NaN equals NaN, and -0 differs from 0.
struct Number {
  double value;
  constexpr Number(double value = 0) : value(value) {}
  constexpr operator double() const { return value; }
  friend constexpr bool operator==(Number a, Number b) {
    return std::bit_cast<uint64_t>(a.value) == std::bit_cast<uint64_t>(b.value);
  }
};

// The random numbers of one run of a kernel; every run reserves new ones.
struct RandomBlocks {
  RandomKey key;
  friend constexpr bool operator==(const RandomBlocks&, const RandomBlocks&) { return true; }
};

template <class K>
concept KernelStruct =
    std::is_trivially_copyable_v<K> && std::equality_comparable<K> && requires(const K& k) {
      { K::kernel } -> std::convertible_to<Kernel>;
      { k.cost() } -> std::same_as<int64_t>;
    };

// Whether a call of the kernel takes storage types.
using Takes = bool (*)(const void* k);

// Raises the error of a fault.
using Fail = void (*)(const void* k, const Fault&);

namespace detail {

template <class K>
constexpr Fail fail_of() {
  if constexpr (requires(const K& k, const Fault& f) { k.fail(f); })
    return [](const void* k, const Fault& f) { static_cast<const K*>(k)->fail(f); };
  else
    return nullptr;
}

template <class K>
constexpr Takes takes_of() {
  if constexpr (requires(const K& k) { k.takes_storage_types(); })
    return [](const void* k) { return static_cast<const K*>(k)->takes_storage_types(); };
  else
    return nullptr;
}

struct AnyOperand {
  template <std::derived_from<Operand> T>
  operator T() const;
};

template <class K, class... Operands>
constexpr int count_operands() {
  if constexpr (requires { K{Operands{}..., AnyOperand{}}; })
    return count_operands<K, Operands..., AnyOperand>();
  else
    return int(sizeof...(Operands));
}

}  // namespace detail

// The number of operands at the start of the struct.
template <class K>
inline constexpr int operand_count = detail::count_operands<K>();

// The properties of a kernel, as functions of the address of its struct.
struct KernelType {
  Kernel kernel;
  uint16_t bytes;
  uint8_t operands;
  bool mixes_types;
  int64_t (*cost)(const void*);
  double (*flops)(const void*);
  std::string (*text)(const void*);
  bool (*equal)(const void*, const void*);
  int64_t (*elements)(const void*);           // 0: the call cannot be cut
  void (*cut)(void*, int64_t n);              // to n elements
  void (*draw)(void*, Generator& generator);  // reserves the random numbers of one run
  Fail fail;                                  // null: the kernel has no faults
  Takes takes_storage_types;                  // null: no call takes them

  const char* name() const { return name_of(kernel); }
};

template <KernelStruct K>
inline constexpr KernelType kernel_type = {
    .kernel = K::kernel,
    .bytes = sizeof(K),
    .operands = operand_count<K>,
    .mixes_types = requires { K::mixes_types; },
    .cost = [](const void* k) { return static_cast<const K*>(k)->cost(); },
    .flops = [](const void* k) -> double {
      if constexpr (requires(const K & s) { s.flops(); }) return static_cast<const K*>(k)->flops();
      return 0;
    },
    .text = [](const void* k) -> std::string {
      if constexpr (requires(const K & s) { s.text(); }) return static_cast<const K*>(k)->text();
      return {};
    },
    .equal = [](const void* a,
                const void* b) { return *static_cast<const K*>(a) == *static_cast<const K*>(b); },
    .elements = [](const void* k) -> int64_t {
      if constexpr (requires(const K & s) { s.elements(); }) return static_cast<const K*>(k)->elements();
      return 0;
    },
    .cut =
        [](void* k, int64_t n) {
          if constexpr (requires(K & s) { s.cut(n); }) static_cast<K*>(k)->cut(n);
        },
    .draw =
        [](void* k, Generator& generator) {
          if constexpr (requires(K & s) { s.random; })
            static_cast<K*>(k)->random.key = generator.reserve(static_cast<K*>(k)->blocks());
        },
    .fail = detail::fail_of<K>(),
    .takes_storage_types = detail::takes_of<K>()};

}  // namespace nncore
