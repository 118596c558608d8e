// The number type that turns a formula into a composition. Formulas are generic over the vector type; with
// Expression as this type, they compute with ops on tensors.
#pragma once
#include "parts.h"

namespace nncore::ops::composed {

class Expression {
 public:
  Expression(double constant) : constant_(constant) {}
  Expression(const Tensor& t) : tensor_(t) {}

  // The tensor; a constant becomes a tensor like t.
  Tensor like(const Tensor& t) const { return tensor_.defined() ? tensor_ : number(constant_, t); }
  const Tensor& or_of(const Expression& other) const { return tensor_.defined() ? tensor_ : other.tensor_; }
  const Tensor& tensor() const { return tensor_; }

 private:
  Tensor tensor_;
  double constant_ = 0;
};

// The result of a comparison.
struct ExpressionMask {
  Tensor truth;
  Tensor compared;  // one of the compared tensors
};

template <class Op>
Expression applied(const Expression& a) {
  return apply<Op>(a.tensor());
}
template <class Op>
Expression applied(const Expression& a, const Expression& b) {
  const Tensor& t = a.or_of(b);
  return apply<Op>(a.like(t), b.like(t));
}
template <class Test>
ExpressionMask compared(const Expression& a, const Expression& b) {
  const Tensor& t = a.or_of(b);
  return {test<Test>(a.like(t), b.like(t)), t};
}

using E = const Expression&;
inline Expression operator+(E a, E b) { return applied<formulas::Add>(a, b); }
inline Expression operator-(E a, E b) { return applied<formulas::Sub>(a, b); }
inline Expression operator*(E a, E b) { return applied<formulas::Mul>(a, b); }
inline Expression operator/(E a, E b) { return applied<formulas::Div>(a, b); }
inline Expression operator-(E a) { return applied<formulas::Neg>(a); }
inline Expression fma(E a, E b, E c) { return a * b + c; }
inline Expression max(E a, E b) { return applied<formulas::Maximum>(a, b); }
inline Expression abs(E a) { return applied<formulas::Abs>(a); }
inline Expression exp(E a) { return applied<formulas::Exp>(a); }
inline Expression exp_down(E a) { return exp(a); }  // for a <= 0
inline Expression log(E a) { return applied<formulas::Log>(a); }
inline Expression log1p(E a) { return applied<formulas::Log1p>(a); }
inline Expression add_log1p(E a, E b) { return a + log1p(b); }
inline Expression sigmoid(E a) { return applied<formulas::Sigmoid>(a); }
inline Expression softplus(E a) { return -applied<formulas::Logsigmoid>(-a); }

inline ExpressionMask operator==(E a, E b) { return compared<formulas::Eq>(a, b); }
inline ExpressionMask operator<(E a, E b) { return compared<formulas::Lt>(a, b); }
inline ExpressionMask operator<=(E a, E b) { return compared<formulas::Le>(a, b); }
inline ExpressionMask operator>(E a, E b) { return compared<formulas::Gt>(a, b); }
inline ExpressionMask operator>=(E a, E b) { return compared<formulas::Ge>(a, b); }
inline ExpressionMask operator&(const ExpressionMask& a, const ExpressionMask& b) {
  return {test<formulas::LogicalAnd>(a.truth, b.truth), a.compared};
}
inline Expression select(const ExpressionMask& mask, E a, E b) {
  return where(mask.truth, a.like(mask.compared), b.like(mask.compared));
}

}  // namespace nncore::ops::composed
