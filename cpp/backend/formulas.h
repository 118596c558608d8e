// The formulas of the elementwise ops: forward, derivative and documentation, generic over the vector type V.
// Names, parameters, defaults and the derivatives at kinks are PyTorch's. Include this file inside a
// namespace: the library's, or the anonymous one of a level.
//
// Members of a unary formula:
//   name, formula, derivative    texts of the documentation; x is the input, y the output
//   needs                        the operands, x and y, that the derivative reads; the others are undefined
//   ulp                          bound of the forward's error in float32 over all x, with default scalars
//   fwd(x, s), bwd(x, y, dy, s)  s: the scalars, each in all lanes
// Members with a default in `Formula`:
//   scalars                      the parameters after x, with PyTorch's names and defaults
//   refuses(s)                   the text of the error if the scalars are invalid, else null
//   layer                        the module in nncore.nn that applies it
//   source, example              texts of the documentation
// A binary formula has fwd(a, b), da(a, b, y, dy), db(a, b, y, dy), needs, da_needs and db_needs.
// A comparison has test(a, b); an operation on bits has of(a, b).
#pragma once

#include "math.h"

enum class Needs : int { none = 0, x = 1, y = 2, both = 3, a = 4, b = 8, ab = 12, ay = 6, by = 10, aby = 14 };
constexpr bool reads(Needs needs, Needs what) { return (int(needs) & int(what)) != 0; }

constexpr double required = __builtin_nan("");  // a parameter without default

struct Scalar {
  const char* name;
  double value;
  bool optional = false;  // the default is None, which means `value`
  bool shown_by_name = true;
};
struct NoScalars {
  static constexpr const Scalar* scalars = nullptr;
};

struct Layer {
  const char* name = nullptr;  // the name of PyTorch's class
  bool inplace = false;        // the module and its function have the parameter `inplace`
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
  static constexpr int index_of = find<Op>();  // -1 if Op is not in the list
};

#include "formulas_activation.h"
#include "formulas_basic.h"
#include "formulas_binary.h"
#include "formulas_bitwise.h"
#include "formulas_compare.h"
#include "formulas_inverse.h"
#include "formulas_piecewise.h"
#include "formulas_scalar.h"
