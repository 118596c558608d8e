// Elementwise ops on integers. They are exact and the same on every backend.
#pragma once
#include <algorithm>
#include <cstdint>
#include <type_traits>

namespace nncore {
#include "elementwise_list.h"

// Whether an op has no integer result for the second operand b: a division by zero, or a negative power.
template <class T>
bool is_undefined(int op, T b) {
  if (b > 0) return false;  // nearly every element
  if (op == BinaryOps::index_of<formulas::Pow>) return b < 0;
  return b == 0 &&
         (op == BinaryOps::index_of<formulas::Fmod> || op == BinaryOps::index_of<formulas::Remainder> ||
          op == BinaryOps::index_of<formulas::FloorDivide>);
}

// fmod, remainder or floor_divide: the quotient is rounded toward zero for fmod, and down for the others.
template <class T>
T integer_division(int op, T a, T b) {
  using U = std::make_unsigned_t<T>;
  const bool is_fmod = op == BinaryOps::index_of<formulas::Fmod>,
             is_remainder = op == BinaryOps::index_of<formulas::Remainder>;
  const bool negates = std::is_signed_v<T> && b == T(-1);  // -a of the smallest a is not in range
  const T rest = negates ? T(0) : T(a % b), quotient = negates ? T(U(0) - U(a)) : T(a / b);
  const bool adjust = rest != 0 && (rest < 0) != (b < 0);
  if (is_fmod) return rest;
  if (is_remainder) return adjust ? T(rest + b) : rest;
  return adjust ? T(quotient - 1) : quotient;
}

// The op is an index in BinaryOps and is defined for b. Results wrap around, as in NumPy.
template <class T>
T integer_op(int op, T a, T b) {
  using U = std::make_unsigned_t<T>;
  if (op == BinaryOps::index_of<formulas::Add>) return T(U(a) + U(b));
  if (op == BinaryOps::index_of<formulas::Sub>) return T(U(a) - U(b));
  if (op == BinaryOps::index_of<formulas::Mul>) return T(U(a) * U(b));
  if (op == BinaryOps::index_of<formulas::Maximum>) return std::max(a, b);
  if (op == BinaryOps::index_of<formulas::Minimum>) return std::min(a, b);
  if (op != BinaryOps::index_of<formulas::Pow>) return integer_division(op, a, b);
  T power = 1;
  for (; b > 0; b = T(b / 2), a = T(U(a) * U(a)))
    if (b % 2) power = T(U(power) * U(a));
  return power;
}

}  // namespace nncore
