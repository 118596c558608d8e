#include "../linear.h"

#include "../shape.h"
#include "composed.h"

namespace nncore::ops::composed {

// activation(x w^T + b)
Tensor linear(const Tensor& x, const Tensor& w, const Tensor& b, int activation) {
  Shape shape = x.shape();
  const Shape rows = {shape.span(0, x.ndim() - 1), w.size(1)};
  shape[x.ndim() - 1] = w.size(0);
  Tensor z = matmul(reshape(x, rows), transpose(w, 0, 1));
  if (b.defined()) z = add(z, b);
  return reshape(activation >= 0 ? unary(activation, z) : z, shape);
}

}  // namespace nncore::ops::composed
