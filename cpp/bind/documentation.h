// The texts of a formula, as data, so that the code that puts them together exists once.
#pragma once
#include <span>
#include <string>

#include "../ops/elementwise.h"
#include "module.h"

namespace nncore::bind {

struct FormulaText {
  const char *name, *formula, *derivative;
  double ulp;
  bool is_unary = false;  // only then the members below have a meaning
  Layer layer = {};
  const char* source = nullptr;
  Example example = {};
  std::span<const Scalar> scalars = {};
};

template <class Op>
constexpr FormulaText text_of() {
  if constexpr (requires { Op::layer; })
    return {Op::name,   Op::formula, Op::derivative,
            Op::ulp,    true,        Op::layer,
            Op::source, Op::example, {Op::scalars, size_t(scalar_count<Op>)}};
  else
    return {Op::name, Op::formula, Op::derivative, Op::ulp};
}
template <class Op>
inline constexpr FormulaText formula_text = text_of<Op>();

constexpr bool has_default(const Scalar& s) { return s.value == s.value; }

// The docstring of an elementwise op.
std::string documentation(const FormulaText& f);
// The description from which tools/make_from_list.py and the tests work.
py::dict description(const FormulaText& f);

}  // namespace nncore::bind
