// Elementwise ops. An op is identified by its index in a list of elementwise_list.h.
#pragma once
#include <array>
#include <span>

#include "../backend/kernels/broadcast.h"
#include "../core/tensor.h"

namespace nncore {
#include "../backend/elementwise_list.h"
}

namespace nncore::ops {

using Scalars = std::array<double, 2>;

// What the tape and the binding know about each op; the formulas provide it.
struct UnaryInfo {
  const char* name;
  Needs needs;
  std::span<const Scalar> scalars;
  decltype(&Formula::refuses) refuses;
};
struct BinaryInfo {
  const char* name;
  Needs needs[2];  // of da and db
};
extern const std::array<UnaryInfo, UnaryOps::size> unary_info;
extern const std::array<BinaryInfo, BinaryOps::size> binary_info;
extern const std::array<const char*, CompareOps::size> compare_names;
extern const std::array<const char*, BitwiseOps::size> bitwise_names;

// Raises ValueError in the name of `caller` for scalars that the formula refuses.
void check_scalars(const char* caller, int op, const Scalars& scalars);

// The loop over operands that are broadcast to `shape`, with as few axes as possible.
BroadcastLoop merged_loop(const Shape& shape, std::initializer_list<const Tensor*> operands);

// Raises TypeError if an operand of a difference is bool.
void check_subtracts(bool has_bools);

Tensor unary(int op, const Tensor& x, Scalars scalars = {});
// dx of y = f(x). Of x and y, those that the formula does not need may be undefined. Not recorded.
Tensor unary_gradient(int op, const Tensor& x, const Tensor& y, const Tensor& dy, Scalars scalars = {});
Tensor binary(int op, const Tensor& a, const Tensor& b);
Tensor compare(int op, const Tensor& a, const Tensor& b);
Tensor bitwise(int op, const Tensor& a, const Tensor& b);
Tensor where(const Tensor& condition, const Tensor& a, const Tensor& b);

template <class Op>
Tensor apply(const Tensor& x, Scalars scalars = {}) {
  return unary(UnaryOps::index_of<Op>, x, scalars);
}
template <class Op>
Tensor apply(const Tensor& a, const Tensor& b) {
  return binary(BinaryOps::index_of<Op>, a, b);
}
inline Tensor add(const Tensor& a, const Tensor& b) { return apply<formulas::Add>(a, b); }
// y += x and y *= x in place, for tensors that the library owns; x is broadcast to y. Not recorded.
void add_(const Tensor& y, const Tensor& x);
void mul_(const Tensor& y, const Tensor& x);
inline Tensor multiply(const Tensor& a, const Tensor& b) { return apply<formulas::Mul>(a, b); }
inline Tensor divide(const Tensor& a, const Tensor& b) { return apply<formulas::Div>(a, b); }
inline Tensor multiply(const Tensor& a, double s) { return apply<formulas::MulScalar>(a, {s}); }
inline Tensor equal(const Tensor& a, const Tensor& b) {
  return compare(CompareOps::index_of<formulas::Eq>, a, b);
}

}  // namespace nncore::ops
