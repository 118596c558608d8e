// The arithmetic that the backward pass needs: adding gradients.
#include "../autograd/tape.h"
#include "create.h"
#include "elementwise.h"
#include "shape.h"

namespace nncore {

constinit const GradientArithmetic gradient_arithmetic = {
    .add = [](const Tensor& a, const Tensor& b) { return ops::add(a, b); },
    .add_ = ops::add_,
    .ones_like = [](const Tensor& t) { return ops::full(t.shape(), 1, t.dtype(), t.device()); },
    .copy = [](const Tensor& t) { return ops::clone(t); },
};

}  // namespace nncore
