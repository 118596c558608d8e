// A native program differentiates without Python.
#include <cmath>

#include "../core/expect.h"
#include "autograd/tape.h"
#include "core/device.h"
#include "ops/create.h"
#include "ops/elementwise.h"
#include "ops/linear.h"
#include "ops/reduce.h"

namespace nncore::test {
namespace {

Tensor leaf(const Shape& shape, double start, double step) {
  const Tensor t = ops::arange(start, start + step * (double(shape.numel()) - 0.5), step, DType::float64);
  Tensor x = t.alias(shape);
  x.impl()->requires_grad = true;
  return x;
}

double grad_at(const Tensor& x, int64_t i) { return Tensor(x.impl()->grad).value_at<double>(i); }

// sum((a b)^2): the gradient of a is 2 (a b) b^T, that of b is a^T 2 (a b)
void product() {
  const Tensor a = leaf({2, 3}, 1, 1), b = leaf({3, 2}, -1, 0.5);
  const Tensor c = ops::matmul(a, b);
  backward(ops::sum(ops::multiply(c, c), {}, false), {}, false);
  for (int64_t i = 0; i < 2; i++)
    for (int64_t k = 0; k < 3; k++) {
      double expected = 0;
      for (int64_t j = 0; j < 2; j++)
        expected += 2 * c.value_at<double>(i * 2 + j) * b.value_at<double>(k * 2 + j);
      expect(std::fabs(grad_at(a, i * 3 + k) - expected) < 1e-12);
    }
}

// x is used twice, and a second backward adds to the gradient: d(x x + x) = 2 x + 1
void sums() {
  const Tensor x = leaf({4}, 0, 1);
  for (int times = 1; times <= 2; times++) {
    backward(ops::sum(ops::add(ops::multiply(x, x), x), {}, false), {}, false);
    for (int64_t i = 0; i < 4; i++) expect(grad_at(x, i) == times * double(2 * i + 1));
  }
}

}  // namespace
}  // namespace nncore::test

int main() {
  using namespace nncore::test;
  product();
  sums();
  std::printf(failures == 0 ? "all passed\n" : "%d failures\n", failures);
  return failures != 0;
}
