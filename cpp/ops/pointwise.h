// Losses computed element by element, from the list of formulas.
#pragma once
#include "../backend/kernels/loss_reduction.h"
#include "elementwise.h"

namespace nncore {
#include "../backend/formulas_loss.h"
}

namespace nncore::ops {

// w l(a, b, c), reduced. b and c are undefined if the formula does not use them; so is w without a weight.
Tensor pointwise_loss(int op, const char* name, const Tensor& a, const Tensor& b, const Tensor& c,
                      const Tensor& w, LossReduction reduction, Scalars scalars = {});

// each * weight, reduced. The mean divides by the sum of the weights if `over_sum`, else by their number.
Tensor weighted(const char* name, const Tensor& each, const Tensor& weight, LossReduction reduction,
                bool over_sum);

// scale * sum l(a, b)
Tensor summed_loss(int op, const char* name, const Tensor& a, const Tensor& b, double scale);

template <class Loss>
Tensor loss(const Tensor& a, const Tensor& b, LossReduction reduction, Scalars scalars = {},
            const Tensor& c = {}, const Tensor& w = {}) {
  return pointwise_loss(LossOps::index_of<Loss>, Loss::name, a, b, c, w, reduction, scalars);
}

}  // namespace nncore::ops
