// The mathematics of every elementwise op, once: forward, derivative and their texts, generic over the vector
// type V. Names, parameters, defaults and the derivative at a kink are PyTorch's. To be included inside the
// namespace of its user (the library's, or the anonymous one of an instruction-set level).
//
// A unary formula has
//   name, formula, derivative   what documentation prints; x the input, y the output
//   needs                       which of x and y the derivative reads; bwd gets rubbish for the other
//   ulp                         bound of the forward's float32 error with default scalars, over all x
//   fwd(x, s), bwd(x, y, dy, s) s the scalars, each in all lanes
// and, where it differs from what `Formula` states,
//   scalars                     parameters after x with PyTorch's names and defaults
//   refuses(s)                  why these scalars are wrong, or null
//   layer                       the module that applies it, which nncore.nn gets from here
//   source, example             for documentation
// A binary formula has fwd(a, b), da(a, b, y, dy), db(a, b, y, dy) and needs, da_needs, db_needs; a
// comparison test(a, b).
#pragma once

#include "math.h"

enum class Needs : int { none = 0, x = 1, y = 2, both = 3, a = 4, b = 8, ab = 12, ay = 6, by = 10, aby = 14 };
constexpr bool reads(Needs needs, Needs what) { return (int(needs) & int(what)) != 0; }

constexpr double required = __builtin_nan("");  // a parameter without default

struct Scalar {
  const char* name;
  double value;
  bool optional = false;  // its default is None, which stands for `value`
  bool shown_by_name = true;
};
struct NoScalars {
  static constexpr const Scalar* scalars = nullptr;
};

struct Layer {
  const char* name = nullptr;  // PyTorch's class
  bool inplace = false;        // it and its function take PyTorch's `inplace`
};
// f(tensor(x), scalars) prints tensor(y).
struct Example {
  const char *x = nullptr, *y = nullptr, *scalars = "";
};
struct Formula : NoScalars {
  static constexpr Layer layer = {};
  static constexpr Example example = {};
  static constexpr const char* source = nullptr;
  static constexpr const char* refuses(const double*) { return nullptr; }
};
template <class Array>
constexpr int array_size = 0;
template <class T, int n>
constexpr int array_size<T[n]> = n;
template <class Op>
constexpr int scalar_count = array_size<decltype(Op::scalars)>;

template <class... Ops>
struct OpList {
  static constexpr int size = int(sizeof...(Ops));

  template <class Op>
  static constexpr int find() {
    int i = 0, found = -1;
    ((found = __is_same(Op, Ops) ? i : found, i++), ...);
    return found;
  }
  template <class Op>
  static constexpr int index_of = find<Op>();  // -1 where it is not in the list
};

#include "formulas_activation.h"
#include "formulas_basic.h"
#include "formulas_binary.h"
#include "formulas_compare.h"
#include "formulas_piecewise.h"
#include "formulas_scalar.h"
