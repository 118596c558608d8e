// Losses of single elements, all driven by the list of formulas.
#pragma once
#include "../backend/kernels/loss_reduction.h"
#include "elementwise.h"

namespace nncore {
#include "../backend/formulas_loss.h"
}

namespace nncore::ops {

// w l(a, b, c) reduced; b, c and the weight w are missing where the formula or the caller does without them.
Tensor pointwise_loss(int op, const char* name, const Tensor& a, const Tensor& b, const Tensor& c,
                      const Tensor& w, LossReduction reduction, Scalars scalars = {});

// The losses `each` times weight, reduced; the mean is over the sum of the weights, or over their number.
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
