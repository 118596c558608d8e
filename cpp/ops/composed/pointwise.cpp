#include "../pointwise.h"

#include <array>

#include "../../autograd/tape.h"
#include "composed.h"
#include "expression.h"

namespace nncore::ops::composed {

namespace {

using Formula = Expression (*)(Expression a, Expression b, Expression c, const Expression* s);

struct LossFormula {
  Formula value;
  std::array<Formula, 3> grad;  // null for an operand without a derivative
};

template <class Loss, int k>
constexpr Formula grad_of() {
  if constexpr (k < Loss::gradients) return &Loss::template grad<k, Expression>;
  return nullptr;
}

template <class... Losses>
constexpr std::array<LossFormula, sizeof...(Losses)> formulas_of(OpList<Losses...>) {
  return {{{&Losses::template value<Expression>,
            {grad_of<Losses, 0>(), grad_of<Losses, 1>(), grad_of<Losses, 2>()}}...}};
}

constexpr auto loss_formulas = formulas_of(LossOps());

// Evaluates the formula for each element; an undefined operand counts as 1.
Tensor evaluated(Formula formula, const std::array<Tensor, 3>& operands, const Scalars& scalars) {
  const Tensor& a = operands[0];
  const auto operand = [&](int i) { return operands[i].defined() ? operands[i] : number(1, a); };
  const Expression s[] = {number(scalars[0], a), number(scalars[1], a)};
  return formula(a, operand(1), operand(2), s).tensor();
}

}  // namespace

Tensor pointwise_loss(int op, const char* name, const Tensor& a, const Tensor& b, const Tensor& c,
                      const Tensor& w, bool summed, double scale, Scalars scalars) {
  const auto weighed = [summed, scale](const Tensor& x, const Tensor& w) {
    const Tensor y = w.defined() ? multiply(x, w) : x;
    return summed ? multiply(y, scale) : y;
  };
  const auto kept = [](const Tensor& t) { return t.defined() ? t.saved() : t; };
  const std::array<Tensor, 3> operands = {kept(a), kept(b), kept(c)};
  const Tensor each = weighed(evaluated(loss_formulas[op].value, operands, scalars), kept(w));
  Tensor y = summed ? sum(each, {}, false) : each;
  if (Tape tape{a, b, c})
    tape.record(name, y, [=, w = kept(w)](const Tensor& dy, InputGrads& d) {
      for (int k = 0; k < 3; k++)
        if (d.needs(k))
          d[k] = multiply(evaluated(loss_formulas[op].grad[k], operands, scalars), weighed(dy, w));
    });
  return y;
}

}  // namespace nncore::ops::composed
