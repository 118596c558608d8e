// Elementwise ops, all driven by the list: an op is named by its index there.
#pragma once
#include <array>

#include "../core/tensor.h"
#include "elementwise_list.h"

namespace nncore::ops {

using Scalars = std::array<double, 2>;

// What the tape and the binding need to know of each op, read from its formula.
struct OpInfo {
  const char* name;
  Needs needs;
};
extern const std::array<OpInfo, UnaryOps::size> unary_info;
extern const std::array<OpInfo, BinaryOps::size> binary_info;
extern const std::array<const char*, CompareOps::size> compare_names;

Tensor unary(int op, const Tensor& x, Scalars scalars = {});
Tensor binary(int op, const Tensor& a, const Tensor& b);
Tensor compare(int op, const Tensor& a, const Tensor& b);
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
inline Tensor multiply(const Tensor& a, const Tensor& b) { return apply<formulas::Mul>(a, b); }
inline Tensor divide(const Tensor& a, const Tensor& b) { return apply<formulas::Div>(a, b); }
inline Tensor multiply(const Tensor& a, double s) { return apply<formulas::MulScalar>(a, {s}); }
inline Tensor equal(const Tensor& a, const Tensor& b) { return compare(CompareOps::index_of<formulas::Eq>, a, b); }

// dx of a unary op from what its formula needs; x or y may be undefined where it does not.
Tensor unary_backward(int op, const Tensor& x, const Tensor& y, const Tensor& dy, Scalars scalars);

}  // namespace nncore::ops
